#include "engine/alert/alert_json.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>

#include <fmt/format.h>

#include "engine/alert/json_text.h"
#include "engine/record/dynamic.h"

namespace keywatch::alert {
namespace {

constexpr std::string_view kRaised = R"({"type":"alert.raised")";
constexpr size_t kMostCuts = 32;        // paths listed in `truncated`
constexpr size_t kTailReserve = 16384;  // room for `latency`, `truncated` and the closing braces

// Appends to one string. A list element that would pass the budget is taken back and its list ends.
class Writer {
 public:
  Writer(const JsonLimits& limits, std::string* out)
      : limits_(limits), out_(*out), start_(out->size()) {
    budget_ = limits.alert > kTailReserve ? limits.alert - kTailReserve : 0;
  }

  void Raw(std::string_view text) { out_ += text; }

  // `,"name":` or, after an opening brace, `"name":`; names are ours and need no escapes.
  void Name(std::string_view name) {
    if (out_.back() != '{')
      out_ += ',';
    out_ += '"';
    out_ += name;
    out_ += "\":";
  }

  void Integer(int64_t value) {
    char digits[24];
    char* end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    out_.append(digits, static_cast<size_t>(end - digits));
  }

  void Time(record::Ticks ticks) {
    if (ticks > 0 && ticks <= record::kMaxDatetime) {
      AppendTime(ticks, &out_);
    } else {
      out_ += "null";
    }
  }

  void Text(std::string_view text, std::string_view path, std::string_view member = {}) {
    if (text.size() > limits_.text) {
      text = CutUtf8(text, limits_.text);
      Cut(path, member);
    }
    size_t mark = out_.size();
    AppendText(text, &out_);
    if (OverBudget()) {
      out_.resize(mark);
      out_ += "\"\"";
      Cut(path, member);
    }
  }

  void TextMember(std::string_view name, std::string_view text, std::string_view path) {
    Name(name);
    Text(text, path);
  }

  // Writes `count` elements between brackets; `element` writes number i.
  template <class Element>
  void List(char open, char close, size_t count, std::string_view path, Element element) {
    out_ += open;
    size_t room = std::min(count, limits_.items);
    size_t written = 0;
    for (; written < room; ++written) {
      size_t mark = out_.size();
      if (written > 0)
        out_ += ',';
      element(written);
      if (OverBudget()) {
        out_.resize(mark);
        break;
      }
    }
    if (written < count)
      Cut(path, {});
    out_ += close;
  }

  void Value(const record::Value& value, std::string_view path, std::string_view member);
  void Record(std::string_view record, size_t index);

  void Cuts() {
    out_ += ",\"truncated\":[";
    for (size_t i = 0; i < cuts_.size(); ++i) {
      if (i > 0)
        out_ += ',';
      AppendText(cuts_[i], &out_);
    }
    out_ += ']';
  }

 private:
  [[nodiscard]] bool OverBudget() const { return out_.size() - start_ > budget_; }

  // Notes `path`, or `path/member`, as a JSON Pointer (RFC 6901).
  void Cut(std::string_view path, std::string_view member) {
    if (cuts_.size() >= kMostCuts)
      return;
    std::string pointer(path);
    if (!member.empty()) {
      pointer += '/';
      for (char c : CutUtf8(member, 64)) {
        if (c == '~') {
          pointer += "~0";
        } else if (c == '/') {
          pointer += "~1";
        } else {
          pointer += c;
        }
      }
    }
    if (std::find(cuts_.begin(), cuts_.end(), pointer) == cuts_.end()) {
      cuts_.push_back(std::move(pointer));
    }
  }

  const JsonLimits& limits_;
  std::string& out_;
  size_t start_;
  size_t budget_;
  std::vector<std::string> cuts_;
};

void Writer::Value(const record::Value& value, std::string_view path, std::string_view member) {
  using record::Type;
  if (value.is_null())
    return Raw("null");
  switch (value.type()) {
    case Type::kBool:
      return Raw(value.boolean() ? "true" : "false");
    case Type::kInt:
    case Type::kLong:
      return Integer(value.integral());
    case Type::kReal:
      return Raw(record::FormatReal(value.real()));
    case Type::kDatetime:
      return Time(value.integral());
    case Type::kTimespan:
      return Text(record::FormatTimespan(value.integral()), path, member);
    case Type::kGuid:
    case Type::kString:
      return Text(value.string(), path, member);
    case Type::kDynamic: {
      std::string json = record::ToJson(*value.dynamic());
      // What is too long is no JSON any more once cut: it stays readable as a string.
      if (json.size() > limits_.text)
        return Text(json, path, member);
      return Raw(json);
    }
  }
}

void Writer::Record(std::string_view record, size_t index) {
  if (record.size() > limits_.evidence) {
    Cut(fmt::format("/evidence/{}/record", index), {});
    return AppendText(CutUtf8(record, limits_.evidence), &out_);
  }
  if (!IsPlainJson(record))
    return AppendText(record, &out_);
  size_t mark = out_.size();
  out_ += record;
  // In valid JSON a line end can only stand between tokens: as a blank it means the same, and the
  // alert stays one line.
  for (char line_end : {'\n', '\r'}) {
    if (record.find(line_end) == std::string_view::npos)
      continue;
    std::replace(out_.begin() + static_cast<std::ptrdiff_t>(mark), out_.end(), line_end, ' ');
  }
}

void WriteRule(const RuleIdentity& rule, Writer* writer) {
  writer->Name("rule");
  writer->Raw("{");
  writer->TextMember("id", rule.id, "/rule/id");
  writer->TextMember("name", rule.name, "/rule/name");
  writer->TextMember("version", rule.version, "/rule/version");
  writer->TextMember("kind", rule.kind, "/rule/kind");
  writer->TextMember("sha256", rule.sha256, "/rule/sha256");
  writer->Raw("}");
}

void WriteTexts(std::string_view name, const std::vector<std::string>& texts, Writer* writer) {
  std::string path = "/" + std::string(name);
  writer->Name(name);
  writer->List('[', ']', texts.size(), path, [&](size_t i) { writer->Text(texts[i], path); });
}

void WriteEntities(const std::vector<Entity>& entities, Writer* writer) {
  writer->Name("entities");
  writer->List('[', ']', entities.size(), "/entities", [&](size_t i) {
    const Entity& entity = entities[i];
    writer->Raw("{\"type\":");
    writer->Text(entity.type, "/entities");
    writer->Raw(",\"identifiers\":");
    writer->List('{', '}', entity.identifiers.size(), "/entities", [&](size_t j) {
      writer->Text(entity.identifiers[j].first, "/entities");
      writer->Raw(":");
      writer->Text(entity.identifiers[j].second, "/entities");
    });
    writer->Raw("}");
  });
}

void WriteValues(std::string_view name,
                 std::string_view path,
                 const std::vector<std::pair<std::string, record::Value>>& values,
                 Writer* writer) {
  writer->Name(name);
  writer->List('{', '}', values.size(), path, [&](size_t i) {
    writer->Text(values[i].first, path);
    writer->Raw(":");
    writer->Value(values[i].second, path, values[i].first);
  });
}

void WriteEvidence(const std::vector<Evidence>& evidence, Writer* writer) {
  writer->Name("evidence");
  writer->List('[', ']', evidence.size(), "/evidence", [&](size_t i) {
    writer->Raw("{\"origin\":");
    writer->Text(evidence[i].origin, "/evidence");
    writer->Raw(",\"offset\":");
    writer->Integer(evidence[i].offset);
    writer->Raw(",\"index\":");
    writer->Integer(evidence[i].index);
    writer->Raw(",\"record\":");
    writer->Record(evidence[i].record, i);
    writer->Raw("}");
  });
}

void WriteTime(std::string_view name, record::Ticks ticks, Writer* writer) {
  writer->Name(name);
  writer->Time(ticks);
}

void WriteLatency(const LatencyPassport& latency, Writer* writer) {
  writer->Name("latency");
  writer->Raw("{");
  WriteTime("eventTime", latency.event, writer);
  WriteTime("brokerTime", latency.broker, writer);
  WriteTime("readTime", latency.read, writer);
  WriteTime("evaluatedTime", latency.evaluated, writer);
  writer->Raw("}");
}

}  // namespace

void AppendJson(const Alert& alert, const JsonLimits& limits, std::string* out) {
  size_t evidence_bytes = 0;
  for (const Evidence& evidence : alert.evidence) {
    evidence_bytes += std::min(evidence.record.size(), limits.evidence) + 100;
  }
  out->reserve(out->size() + std::min(2048 + evidence_bytes, limits.alert));
  Writer writer(limits, out);
  writer.Raw(kRaised);
  writer.Raw(",\"schemaVersion\":");
  writer.Integer(kSchemaVersion);
  writer.TextMember("id", alert.id, "/id");
  WriteRule(alert.rule, &writer);
  writer.TextMember("severity", alert.severity, "/severity");
  WriteTexts("tactics", alert.tactics, &writer);
  WriteTexts("techniques", alert.techniques, &writer);
  writer.TextMember("title", alert.title, "/title");
  writer.TextMember("description", alert.description, "/description");
  WriteEntities(alert.entities, &writer);
  WriteValues("customDetails", "/customDetails", alert.custom_details, &writer);
  WriteTime("intervalStart", alert.interval_start, &writer);
  WriteTime("firstEvent", alert.first_event, &writer);
  WriteTime("lastEvent", alert.last_event, &writer);
  WriteValues("row", "/row", alert.row, &writer);
  WriteEvidence(alert.evidence, &writer);
  WriteLatency(alert.latency, &writer);
  writer.Cuts();
  writer.Raw("}");
}

std::string ToJson(const Alert& alert, const JsonLimits& limits) {
  std::string out;
  AppendJson(alert, limits, &out);
  return out;
}

std::string EndedJson(std::string_view raised, record::Ticks ended) {
  std::string out = R"({"type":"alert.ended","ended":)";
  AppendTime(ended, &out);
  out += raised.starts_with(kRaised) ? raised.substr(kRaised.size()) : "}";
  return out;
}

}  // namespace keywatch::alert
