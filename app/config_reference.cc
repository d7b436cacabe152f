// docs/configuration.md below its first lines: a table for every map of the configuration.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "app/config_schema.h"

namespace keywatch::app {
namespace {

std::string Quoted(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts)
    out += fmt::format("{}`{}`", out.empty() ? "" : ", ", text);
  return out;
}

std::string TypeText(const FieldSpec& field) {
  switch (field.type) {
    case FieldType::kText:
      return "text";
    case FieldType::kBool:
      return "`true` or `false`";
    case FieldType::kInteger:
      return field.most == kNoBound ? fmt::format("number from {}", field.least)
             : field.least == field.most
                 ? fmt::format("`{}`", field.least)
                 : fmt::format("number from {} to {}", field.least, field.most);
    case FieldType::kDuration:
      return "duration";
    case FieldType::kSize:
      return "size";
    case FieldType::kName:
      return "one of " + Quoted(field.names);
    case FieldType::kTexts:
      return "list of texts";
    case FieldType::kNames:
      return "list of " + Quoted(field.names);
    case FieldType::kTextMap:
      return "map of texts";
    case FieldType::kObject:
      return fmt::format("[map](#{})", field.key);
    case FieldType::kObjects:
      return fmt::format("[list of maps](#{})", field.key);
  }
  return "";
}

// The default, or that there must be a value.
std::string DefaultText(const FieldSpec& field, const ObjectSpec& object) {
  if (field.required)
    return "needed";
  for (const FieldGroup& group : object.groups) {
    if (group.rule == FieldGroup::Rule::kOneNeeded &&
        std::count(group.keys.begin(), group.keys.end(), field.key) > 0)
      return "needed: " + Quoted(group.keys).replace(0, 0, "one of ");
  }
  if (!field.fallback_list.empty())
    return Quoted(field.fallback_list);
  return field.fallback ? fmt::format("`{}`", *field.fallback) : "";
}

// A `|` would end the cell, and two `*` would be emphasis.
std::string Cell(const std::string& text) {
  std::string out;
  for (char c : text) {
    if (c == '|' || c == '*')
      out += '\\';
    out += c;
  }
  return out;
}

class Reference {
 public:
  std::string Write(const ObjectSpec& config) {
    Table(config);
    Inner(config);
    // Maps that several kinds share stand once, at the end.
    for (size_t i = 0; i < shared_.size(); ++i) {
      const FieldSpec field = shared_[i];
      Section(field);
    }
    return std::move(out_);
  }

 private:
  void Table(const ObjectSpec& object) {
    if (object.fields.empty()) {
      out_ += "No further keys.\n\n";
      return;
    }
    out_ += "| key | value | default | meaning |\n|---|---|---|---|\n";
    for (const FieldSpec& field : object.fields) {
      out_ += fmt::format("| `{}` | {} | {} | {} |\n",
                          field.key,
                          Cell(TypeText(field)),
                          Cell(DefaultText(field, object)),
                          Cell(field.meaning));
    }
    out_ += '\n';
  }

  void Section(const FieldSpec& field) {
    const ObjectSpec& object = field.object[0];
    out_ += fmt::format("## {}\n\n{}\n\n", field.key, field.meaning);
    if (object.variants.empty()) {
      Table(object);
      Share(object);
      return;
    }
    for (const Variant& variant : object.variants) {
      out_ += fmt::format("### {}: `type: {}`\n\n{}\n\n", field.key, variant.type, variant.meaning);
      Table(variant.object);
      Share(variant.object);
    }
  }

  void Inner(const ObjectSpec& object) {
    for (const FieldSpec& field : object.fields) {
      if (!field.object.empty())
        Section(field);
    }
  }

  void Share(const ObjectSpec& object) {
    for (const FieldSpec& field : object.fields) {
      if (!field.object.empty() && known_.insert(field.key).second)
        shared_.push_back(field);
    }
  }

  std::string out_;
  std::set<std::string> known_;
  std::vector<FieldSpec> shared_;
};

}  // namespace

std::string ConfigReference(const ObjectSpec& config) {
  std::string out =
      "# Configuration\n\n"
      "*Made from the program: `keywatch config schema --markdown`.* The same for editors: "
      "`keywatch config schema` prints a JSON Schema; with `# yaml-language-server: "
      "$schema=keywatch.schema.json` as the first line of a file an editor completes and checks "
      "it. [config.example.yaml](../deploy/config.example.yaml) shows every key in a file; "
      "`keywatch config check FILE` checks one, `--connect` also tries its sources and sinks.\n\n"
      "Texts may contain `${NAME}` (an environment variable; an error if it is not set) and "
      "`${NAME:-default}`; `$$` is a dollar sign. Durations: `500ms`, `10s`, `15m`, `1h`, `14d`. "
      "Sizes: `64MiB`, `2GiB`. Relative paths are taken from the folder of the file. An unknown "
      "key is an error.\n\n";
  out += Reference().Write(config);
  while (out.ends_with("\n\n"))
    out.pop_back();
  return out;
}

}  // namespace keywatch::app
