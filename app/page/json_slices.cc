#include "app/page/json_slices.h"

#include <algorithm>

#include "engine/record/json_string.h"

namespace keywatch::app::page {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";
constexpr size_t kDeepestIndent = 40;

std::string_view Trim(std::string_view text) {
  size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

// Behind the string that begins at text[at].
size_t StringEnd(std::string_view text, size_t at) {
  for (++at; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      return at + 1;
    }
  }
  return text.size();
}

// The pieces between the outer brackets, cut at the commas of that level.
std::vector<std::string_view> Pieces(std::string_view text, char open, char close) {
  std::vector<std::string_view> pieces;
  text = Trim(text);
  if (text.size() < 2 || text.front() != open || text.back() != close)
    return pieces;
  text = text.substr(1, text.size() - 2);
  size_t depth = 0;
  size_t begin = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    char c = text[at];
    if (c == '"') {
      at = StringEnd(text, at) - 1;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if ((c == '}' || c == ']') && depth > 0) {
      --depth;
    } else if (c == ',' && depth == 0) {
      pieces.push_back(Trim(text.substr(begin, at - begin)));
      begin = at + 1;
    }
  }
  std::string_view last = Trim(text.substr(begin));
  if (!last.empty() || !pieces.empty())
    pieces.push_back(last);
  return pieces;
}

void NewLine(size_t depth, std::string* out) {
  *out += '\n';
  out->append(2 * std::min(depth, kDeepestIndent), ' ');
}

}  // namespace

std::vector<JsonMember> JsonMembers(std::string_view text) {
  std::vector<JsonMember> members;
  for (std::string_view piece : Pieces(text, '{', '}')) {
    if (piece.empty() || piece.front() != '"')
      continue;
    size_t end = StringEnd(piece, 0);
    size_t colon = piece.find(':', end);
    if (colon == std::string_view::npos)
      continue;
    members.push_back({JsonText(piece.substr(0, end)), Trim(piece.substr(colon + 1))});
  }
  return members;
}

std::vector<std::string_view> JsonElements(std::string_view text) { return Pieces(text, '[', ']'); }

std::string_view JsonValue(const std::vector<JsonMember>& members, std::string_view name) {
  for (const JsonMember& member : members) {
    if (member.name == name)
      return member.value;
  }
  return {};
}

std::string JsonText(std::string_view value) {
  if (value.size() < 2 || value.front() != '"' || value.back() != '"')
    return std::string(value);
  std::string text;
  record::UnescapeJson(value.substr(1, value.size() - 2), &text);
  return text;
}

std::string IndentJson(std::string_view text, size_t most_bytes) {
  std::string out;
  size_t depth = 0;
  text = Trim(text);
  for (size_t at = 0; at < text.size() && out.size() < most_bytes; ++at) {
    char c = text[at];
    if (c == '"') {
      size_t end = StringEnd(text, at);
      out += text.substr(at, end - at);
      at = end - 1;
    } else if (c == '{' || c == '[') {
      out += c;
      size_t next = text.find_first_not_of(kBlanks, at + 1);
      if (next != std::string_view::npos && (text[next] == '}' || text[next] == ']')) {
        out += text[next];
        at = next;
      } else {
        NewLine(++depth, &out);
      }
    } else if (c == '}' || c == ']') {
      depth = depth > 0 ? depth - 1 : 0;
      NewLine(depth, &out);
      out += c;
    } else if (c == ',') {
      out += c;
      NewLine(depth, &out);
    } else if (c == ':') {
      out += ": ";
    } else if (kBlanks.find(c) == std::string_view::npos) {
      out += c;
    }
  }
  return out;
}

}  // namespace keywatch::app::page
