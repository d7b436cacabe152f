#include "connectors/blob/blob_list.h"

#include <charconv>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>

#include <expat.h>
#include <fmt/format.h>

namespace keywatch::blob {
namespace {

constexpr size_t kMostText = size_t{64}
                             << 10;  // of one element; a name has at most 1,024 characters
constexpr size_t kMostDepth = 16;

// %XX of a name that XML cannot hold as it is (Encoded="true").
std::string PercentDecode(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    unsigned char value = 0;
    const char* begin = text.data() + i + 1;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(begin, begin + 2, value, 16).ptr == begin + 2) {
      out += static_cast<char>(value);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

struct ListReader {
  ListPage page;
  std::vector<std::string> path;  // names of the open elements
  std::string text;               // of the innermost
  bool encoded = false;
  ListedBlob blob;
  bool blob_has_size = false;
  std::string folder;
  std::string mistake;
  bool closed = false;

  [[nodiscard]] bool Within(std::string_view parent) const {
    return path.size() >= 2 && path[path.size() - 2] == parent;
  }
  void OnOpen(const char* name, const char** attributes);
  void OnClose(const char* name);
  void OnProperty(const std::string& name);
};

void ListReader::OnOpen(const char* name, const char** attributes) {
  path.emplace_back(name);
  text.clear();
  encoded = false;
  for (size_t i = 0; attributes[i] != nullptr; i += 2) {
    if (std::strcmp(attributes[i], "Encoded") == 0)
      encoded = std::strcmp(attributes[i + 1], "true") == 0;
  }
  if (path.size() == 1 && path[0] != "EnumerationResults")
    mistake = fmt::format("expected EnumerationResults, found {}", path[0].substr(0, 80));
  if (path.size() > kMostDepth)
    mistake = "elements are nested too deep";
  if (path.back() == "Blob") {
    blob = {};
    blob_has_size = false;
  } else if (path.back() == "BlobPrefix") {
    folder.clear();
  }
}

void ListReader::OnProperty(const std::string& name) {
  if (name == "Content-Length") {
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), blob.size);
    blob_has_size = error == std::errc() && end == text.data() + text.size() && blob.size >= 0;
  } else if (name == "Etag") {
    blob.etag = text;
    if (blob.etag.size() >= 2 && blob.etag.front() == '"')
      blob.etag = blob.etag.substr(1, blob.etag.size() - 2);
  } else if (name == "Last-Modified") {
    blob.last_modified = record::ParseDatetime(text).value_or(0);
  }
}

void ListReader::OnClose(const char* name) {
  const std::string element = name;
  if (element == "Name") {
    std::string value = encoded ? PercentDecode(text) : text;
    if (Within("Blob"))
      blob.name = std::move(value);
    else if (Within("BlobPrefix"))
      folder = std::move(value);
  } else if (Within("Properties")) {
    OnProperty(element);
  } else if (element == "Blob") {
    if (blob.name.empty() || blob.etag.empty() || !blob_has_size)
      mistake = fmt::format("a blob without name, length or ETag: {}", blob.name.substr(0, 300));
    page.blobs.push_back(std::move(blob));
  } else if (element == "BlobPrefix") {
    page.folders.push_back(std::move(folder));
  } else if (element == "NextMarker") {
    page.next_marker = text;
  }
  path.pop_back();
  text.clear();
  closed = path.empty();
}

struct ParserFree {
  void operator()(XML_Parser parser) const { XML_ParserFree(parser); }
};

}  // namespace

Result<ListPage> ParseListPage(std::string_view xml) {
  if (xml.starts_with("\xEF\xBB\xBF"))
    xml.remove_prefix(3);
  std::unique_ptr<std::remove_pointer_t<XML_Parser>, ParserFree> parser(XML_ParserCreate("UTF-8"));
  if (parser == nullptr)
    return Unavailable("expat gave no parser: out of memory");
  ListReader reader;
  XML_SetUserData(parser.get(), &reader);
  XML_SetElementHandler(
      parser.get(),
      [](void* self, const XML_Char* name, const XML_Char** attributes) {
        static_cast<ListReader*>(self)->OnOpen(name, attributes);
      },
      [](void* self, const XML_Char* name) { static_cast<ListReader*>(self)->OnClose(name); });
  XML_SetCharacterDataHandler(parser.get(), [](void* self, const XML_Char* text, int length) {
    auto* list = static_cast<ListReader*>(self);
    if (list->text.size() < kMostText)
      list->text.append(text, static_cast<size_t>(length));
    else
      list->mistake = "a text is too long";
  });
  // The service sends none; whoever does means entities.
  XML_SetStartDoctypeDeclHandler(
      parser.get(), [](void* self, const XML_Char*, const XML_Char*, const XML_Char*, int) {
        static_cast<ListReader*>(self)->mistake = "it has a DOCTYPE";
      });
  // In pieces, so that a mistake stops it.
  constexpr size_t kPiece = size_t{64} << 10;
  for (size_t at = 0; at == 0 || at < xml.size(); at += kPiece) {
    std::string_view piece = xml.substr(at, kPiece);
    bool last = at + kPiece >= xml.size();
    if (XML_Parse(parser.get(), piece.data(), static_cast<int>(piece.size()), last ? 1 : 0) ==
        XML_STATUS_ERROR) {
      reader.mistake = fmt::format("{} in line {}",
                                   XML_ErrorString(XML_GetErrorCode(parser.get())),
                                   XML_GetCurrentLineNumber(parser.get()));
    }
    if (!reader.mistake.empty())
      break;
  }
  if (reader.mistake.empty() && !reader.closed)
    reader.mistake = "it ends too early";
  if (!reader.mistake.empty())
    return InvalidInput("the list of blobs cannot be read: " + reader.mistake);
  return std::move(reader.page);
}

}  // namespace keywatch::blob
