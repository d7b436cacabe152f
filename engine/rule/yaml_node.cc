#include "engine/rule/yaml_node.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <utility>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

namespace keywatch::rule {
namespace {

// Offset of the first byte that is not part of a UTF-8 character, or npos.
size_t FindBadUtf8(std::string_view text) {
  size_t i = 0;
  while (i < text.size()) {
    auto lead = static_cast<unsigned char>(text[i]);
    size_t length = lead < 0x80                   ? 1
                    : lead >= 0xC2 && lead < 0xE0 ? 2
                    : (lead & 0xF0) == 0xE0       ? 3
                                                  : 4;
    if (lead >= 0xF5 || (lead >= 0x80 && lead < 0xC2) || i + length > text.size())
      return i;
    for (size_t k = 1; k < length; ++k) {
      if ((static_cast<unsigned char>(text[i + k]) & 0xC0) != 0x80)
        return i;
    }
    i += length;
  }
  return std::string_view::npos;
}

size_t LineEnd(std::string_view text, size_t offset) {
  size_t end = text.find('\n', offset);
  if (end == std::string_view::npos)
    end = text.size();
  if (end > offset && text[end - 1] == '\r')
    --end;
  return end;
}

bool IsBlock(std::string_view text, size_t offset) {
  return offset < text.size() && (text[offset] == '|' || text[offset] == '>');
}

bool IsQuote(std::string_view text, size_t offset) {
  return offset < text.size() && (text[offset] == '"' || text[offset] == '\'');
}

// Behind the closing quote of the quoted scalar that begins at `offset`; npos if it is never
// closed, which yaml-cpp takes for its end.
size_t QuotedEnd(std::string_view text, size_t offset) {
  char quote = text[offset];
  for (size_t i = offset + 1; i < text.size(); ++i) {
    if (quote == '"' && text[i] == '\\') {
      ++i;
    } else if (text[i] == quote) {
      if (quote == '"' || i + 1 == text.size() || text[i + 1] != quote)
        return i + 1;
      ++i;
    }
  }
  return std::string_view::npos;
}

// How much of the file belongs to the node that begins at `offset`: a scalar on one line exactly,
// anything else to the end of its first line.
SourceSpan SpanAt(std::string_view text, size_t offset, const std::string& scalar) {
  offset = std::min(offset, text.size());
  size_t end = LineEnd(text, offset);
  if (text.substr(offset, scalar.size()) == scalar && !scalar.empty()) {
    end = std::min(end, offset + scalar.size());
  } else if (IsQuote(text, offset)) {
    end = std::min(end, QuotedEnd(text, offset));
  }
  return {static_cast<uint32_t>(offset), static_cast<uint32_t>(end - offset)};
}

// Copies the tree of yaml-cpp. Marks count bytes behind the byte order mark, if there is one.
class Converter {
 public:
  Converter(const SourceText& source, size_t bom, Diagnostics* diagnostics)
      : source_(source), bom_(bom), diagnostics_(diagnostics) {}

  std::optional<YamlNode> Convert(const YAML::Node& from, SourceSpan parent, int depth) {
    size_t offset =
        from.Mark().pos < 0 ? parent.offset : bom_ + static_cast<size_t>(from.Mark().pos);
    SourceSpan span = SpanAt(source_.text, offset, from.IsScalar() ? from.Scalar() : "");
    if (depth > kMaxYamlDepth || ++nodes_ > kMaxYamlNodes) {
      diagnostics_->Error(
          span,
          fmt::format(
              "expected at most {} levels and {} nodes, found more", kMaxYamlDepth, kMaxYamlNodes),
          "an anchor that repeats itself?");
      return std::nullopt;
    }
    YamlNode to;
    to.span = from.IsNull() || !from.IsDefined() ? parent : span;
    if (from.IsScalar() && from.Tag() != "?" && IsQuote(source_.text, offset) &&
        QuotedEnd(source_.text, offset) == std::string_view::npos) {
      diagnostics_->Error(span, "this is not YAML: a quote is opened and never closed");
      return std::nullopt;
    }
    if (from.IsScalar()) {
      to.kind = YamlNode::Kind::kScalar;
      to.scalar = from.Scalar();
      to.is_plain = from.Tag() == "?";
    } else if (from.IsSequence()) {
      to.kind = YamlNode::Kind::kList;
      for (const YAML::Node& item : from) {
        std::optional<YamlNode> converted = Convert(item, span, depth + 1);
        if (!converted)
          return std::nullopt;
        to.items.push_back(std::move(*converted));
      }
    } else if (from.IsMap()) {
      if (!ConvertMap(from, &to, depth))
        return std::nullopt;
    }
    return to;
  }

 private:
  bool ConvertMap(const YAML::Node& from, YamlNode* to, int depth) {
    to->kind = YamlNode::Kind::kMap;
    std::set<std::string> seen;
    for (const auto& pair : from) {
      const YAML::Node& key = pair.first;
      size_t offset = bom_ + static_cast<size_t>(std::max(0, key.Mark().pos));
      YamlEntry entry;
      entry.key_span = SpanAt(source_.text, offset, key.IsScalar() ? key.Scalar() : "");
      if (!key.IsScalar()) {
        diagnostics_->Error(entry.key_span,
                            "expected a name before the colon, found something else",
                            "quote a text that contains a colon followed by a blank");
        continue;
      }
      entry.key = key.Scalar();
      if (!seen.insert(entry.key).second) {
        diagnostics_->Error(entry.key_span,
                            fmt::format("a key may stand once, found again: {}", entry.key),
                            "remove one of the two");
        continue;
      }
      std::optional<YamlNode> converted = Convert(pair.second, entry.key_span, depth + 1);
      if (!converted)
        return false;
      entry.value = std::move(*converted);
      to->entries.push_back(std::move(entry));
    }
    return true;
  }

  const SourceText& source_;
  size_t bom_;
  Diagnostics* diagnostics_;
  size_t nodes_ = 0;
};

bool CheckBytes(const SourceText& source, Diagnostics* diagnostics) {
  std::string_view text = source.text;
  if (text.size() > kMaxYamlBytes) {
    diagnostics->Error(
        {}, fmt::format("expected at most {} bytes, found {}", kMaxYamlBytes, text.size()));
    return false;
  }
  size_t bad = std::min(FindBadUtf8(text), text.find('\0'));
  if (bad == std::string_view::npos)
    return true;
  diagnostics->Error({static_cast<uint32_t>(bad), 1},
                     fmt::format("expected UTF-8 text, found byte 0x{:02x}",
                                 static_cast<unsigned char>(text[bad])),
                     "save the file as UTF-8");
  return false;
}

size_t LeadingBlanks(std::string_view line) {
  size_t end = line.find_first_not_of(' ');
  return end == std::string_view::npos ? 0 : end;
}

// The first line that holds anything but blanks.
std::string_view FirstFullLine(std::string_view text) {
  while (!text.empty()) {
    size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (line.find_first_not_of(" \r") != std::string_view::npos)
      return line;
    if (end == std::string_view::npos)
      break;
    text.remove_prefix(end + 1);
  }
  return {};
}

}  // namespace

const YamlNode* YamlNode::Find(std::string_view key) const {
  for (const YamlEntry& entry : entries) {
    if (entry.key == key)
      return &entry.value;
  }
  return nullptr;
}

const char* Describe(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      return "nothing";
    case YamlNode::Kind::kScalar:
      return "text";
    case YamlNode::Kind::kList:
      return "a list";
    case YamlNode::Kind::kMap:
      return "a map";
  }
  return "nothing";
}

std::optional<YamlNode> ParseYaml(const SourceText& source, Diagnostics* diagnostics) {
  if (!CheckBytes(source, diagnostics))
    return std::nullopt;
  size_t bom = source.text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
  try {
    std::vector<YAML::Node> documents = YAML::LoadAll(source.text);
    if (documents.empty())
      documents.emplace_back();
    if (documents.size() > 1) {
      size_t offset = bom + static_cast<size_t>(std::max(0, documents[1].Mark().pos));
      diagnostics->Error(SpanAt(source.text, offset, ""),
                         "expected one YAML document, found a second one",
                         "one file holds one document: move what follows --- to a file of its own");
      return std::nullopt;
    }
    return Converter(source, bom, diagnostics).Convert(documents[0], {}, 0);
  } catch (const YAML::Exception& error) {
    size_t offset =
        error.mark.is_null() ? 0 : bom + static_cast<size_t>(std::max(0, error.mark.pos));
    diagnostics->Error({static_cast<uint32_t>(std::min(offset, source.text.size())), 1},
                       fmt::format("this is not YAML: {}", error.msg));
    return std::nullopt;
  }
}

SourceText ScalarSource(const SourceText& file, const YamlNode& scalar) {
  SourceText out{file.name, scalar.scalar, 1, 0};
  size_t offset = scalar.span.offset;
  LineColumn place = file.Locate(scalar.span.offset);
  if (scalar.is_plain || !IsBlock(file.text, offset)) {
    bool is_quoted = offset < file.text.size() &&
                     (file.text[offset] == '"' || file.text[offset] == '\'') && !scalar.is_plain;
    out.first_line = place.line;
    out.indent = place.column - 1 + (is_quoted ? 1 : 0);
    return out;
  }
  size_t newline = file.text.find('\n', offset);
  std::string_view body = newline == std::string::npos
                              ? std::string_view()
                              : std::string_view(file.text).substr(newline + 1);
  out.first_line = place.line + 1;
  size_t written = LeadingBlanks(FirstFullLine(body));
  size_t kept = LeadingBlanks(FirstFullLine(out.text));
  out.indent = static_cast<uint32_t>(written > kept ? written - kept : 0);
  return out;
}

Result<std::string> ReadTextFile(const std::string& path, size_t most) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    return InvalidInput(fmt::format("expected a file, found a directory: {}", path));
  }
  std::ifstream in(path, std::ios::binary);
  if (!in)
    return NotFound(fmt::format("cannot read {}: {}", path, std::strerror(errno)));
  // One byte more than allowed tells a file that is too long, even one that never ends.
  std::string bytes(most + 1, '\0');
  in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (in.bad())
    return Unavailable(fmt::format("cannot read {}: {}", path, std::strerror(errno)));
  bytes.resize(static_cast<size_t>(in.gcount()));
  if (bytes.size() > most) {
    return InvalidInput(fmt::format("expected at most {} bytes: {} is longer", most, path));
  }
  return bytes;
}

}  // namespace keywatch::rule
