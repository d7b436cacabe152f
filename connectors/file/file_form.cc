#include "connectors/file/file_form.h"

#include <algorithm>
#include <cstring>

#include "connectors/file/json_extent.h"

namespace keywatch::file {

namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr std::string_view kBlanks = " \t\r\n";
// A pretty-printed document is plain after so many lines.
constexpr int kLinesToBeSure = 8;

bool OpensDocument(std::string_view text) {
  return !text.empty() && (text.front() == '{' || text.front() == '[');
}

std::string_view SkipBlanks(std::string_view text) {
  size_t begin = text.find_first_not_of(kBlanks);
  return begin == std::string_view::npos ? std::string_view() : text.substr(begin);
}

// A line that is one document and nothing else.
bool StandsAlone(std::string_view line) {
  line = SkipBlanks(line);
  if (!OpensDocument(line))
    return false;
  size_t size = JsonExtent().Feed(line);
  return size != JsonExtent::kOpen && SkipBlanks(line.substr(size)).empty();
}

// The first line opened a document and did not close it; `rest` is what follows. Two lines in a row
// that stand alone cannot be in one document: there would be a comma between them.
FileForm ClassifyRest(JsonExtent first_document, std::string_view rest, bool at_end) {
  int lines = 0;
  int alone_in_a_row = 0;
  bool any_alone = false;
  while (!rest.empty()) {
    size_t newline = rest.find('\n');
    bool whole_line = newline != std::string_view::npos || at_end;
    size_t length = newline == std::string_view::npos ? rest.size() : newline + 1;
    std::string_view line = rest.substr(0, length);
    rest.remove_prefix(length);
    if (SkipBlanks(line).empty())
      continue;
    if (first_document.Feed(line) != JsonExtent::kOpen)
      return FileForm::kDocuments;
    if (!whole_line)
      return FileForm::kUndecided;
    alone_in_a_row = StandsAlone(line) ? alone_in_a_row + 1 : 0;
    any_alone = any_alone || alone_in_a_row > 0;
    if (alone_in_a_row == 2)
      return FileForm::kLines;
    if (++lines == kLinesToBeSure)
      return FileForm::kDocuments;
  }
  if (!at_end)
    return FileForm::kUndecided;
  return any_alone ? FileForm::kLines : FileForm::kDocuments;
}

}  // namespace

FileForm PackingOf(std::string_view head) {
  if (head.starts_with("\x1f\x8b"))
    return FileForm::kGzip;
  return head.starts_with("\x28\xb5\x2f\xfd") ? FileForm::kZstd : FileForm::kLines;
}

FileForm ClassifyHead(std::string_view head, bool at_end) {
  if (PackingOf(head) != FileForm::kLines)
    return PackingOf(head);
  if (head.starts_with(kByteOrderMark))
    head.remove_prefix(kByteOrderMark.size());
  head = SkipBlanks(head);
  if (head.empty())
    return at_end ? FileForm::kLines : FileForm::kUndecided;
  size_t newline = head.find('\n');
  bool whole_line = newline != std::string_view::npos;
  std::string_view line = whole_line ? head.substr(0, newline) : head;
  JsonExtent extent;
  if (OpensDocument(line) && extent.Feed(line) != JsonExtent::kOpen)
    return FileForm::kLines;
  if (!whole_line && !at_end)
    return FileForm::kUndecided;
  // A string cannot hold a line end: a line that ends within one was cut off.
  if (!OpensDocument(line) || extent.in_string())
    return FileForm::kLines;
  return ClassifyRest(extent, head.substr(line.size()), at_end);
}

Cut CutLines(std::string_view text, size_t run_bytes, After after) {
  Cut cut;
  size_t last_line = text.rfind('\n') + 1;  // npos + 1 is 0
  bool whole =
      after == After::kNothing || (after == After::kGrowth && StandsAlone(text.substr(last_line)));
  cut.consumed = whole ? text.size() : last_line;
  for (size_t begin = 0; begin < cut.consumed;) {
    size_t size = cut.consumed - begin;
    if (size > run_bytes) {
      std::string_view run = text.substr(begin, cut.consumed - begin);
      size_t last = run.substr(0, run_bytes).rfind('\n');
      if (last == std::string_view::npos)
        last = run.find('\n', run_bytes);
      size = last == std::string_view::npos ? run.size() : last + 1;
    }
    cut.pieces.push_back({begin, size});
    begin += size;
  }
  return cut;
}

Cut CutDocuments(std::string_view text, After after) {
  bool at_end = after == After::kNothing;
  Cut cut;
  size_t begin = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  while (true) {
    begin = text.find_first_not_of(kBlanks, begin);
    if (begin == std::string_view::npos) {
      cut.consumed = text.size();
      return cut;
    }
    std::string_view rest = text.substr(begin);
    size_t size = OpensDocument(rest) ? JsonExtent().Feed(rest) : rest.find('\n');
    if (size == JsonExtent::kOpen) {  // the same as npos: not in this text
      if (at_end)
        cut.pieces.push_back({begin, rest.size()});
      cut.consumed = at_end ? text.size() : begin;
      return cut;
    }
    cut.pieces.push_back({begin, size});
    begin += size;
  }
}

}  // namespace keywatch::file
