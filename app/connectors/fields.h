// Reading the fields of one source or sink of the configuration: what all kinds of them need.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/diagnostics.h"
#include "engine/base/secret.h"
#include "engine/record/time.h"
#include "engine/rule/yaml_fields.h"
#include "engine/rule/yaml_node.h"

namespace keywatch::app {

using record::Ticks;

// Overwrites a default with what the file says, if it says something.
template <class Value, class Field>
void SetField(const std::optional<Value>& value, Field* field) {
  if (value)
    *field = static_cast<Field>(*value);
}
// A duration of at least a millisecond.
void SetPositive(rule::FieldReader* reader, std::string_view key, Ticks* field);

// A relative path is taken from `folder`; "" stays "".
std::string ResolvePath(const std::string& folder, const std::string& path);
std::vector<std::string> ReadPaths(rule::FieldReader* reader,
                                   const std::string& folder,
                                   std::string_view key);

struct ListenAddress {
  std::string host;
  int port = 0;
};
// 127.0.0.1:9464, [::1]:9464.
std::optional<ListenAddress> ReadListenAddress(const rule::YamlNode& node,
                                               Diagnostics* diagnostics);

// The fields of one item of `sources` or `sinks`. Mistakes go to the diagnostics; what a reader
// returns then is empty or the default.
class ConnectorFields {
 public:
  // `item` and `diagnostics` outlive this object.
  ConnectorFields(const rule::YamlNode& item,
                  std::string what,
                  std::string folder,
                  Diagnostics* diagnostics)
      : item_(item), folder_(std::move(folder)), reader_(item, std::move(what), diagnostics) {}

  rule::FieldReader& reader() { return reader_; }
  [[nodiscard]] const rule::YamlNode& item() const { return item_; }
  [[nodiscard]] const std::string& folder() const { return folder_; }
  [[nodiscard]] Diagnostics* diagnostics() const { return reader_.diagnostics(); }

  std::vector<std::string> Texts(std::string_view key);
  // At least one.
  std::vector<std::string> RequireTexts(std::string_view key);
  std::vector<std::string> RequirePaths(std::string_view key);
  // Path of a file; relative to the configuration file.
  std::string Path(std::string_view key);
  std::string RequirePath(std::string_view key);
  std::string RequireText(std::string_view key);

  // A secret given by `key` as text or by `key`_file as a file; empty if by neither.
  Secret OneSecret(std::string_view key);
  Secret RequireSecret(std::string_view key);
  // The secret in the file that `key` names; empty if there is no such key.
  Secret FileSecret(std::string_view key);
  // The maps `key` (texts) and `files_key` (files): names and texts, any of which may be a secret.
  std::map<std::string, Secret> Secrets(std::string_view key, std::string_view files_key);

 private:
  Secret ReadSecretFile(const rule::YamlNode& path);
  void ReadSecretMap(const rule::YamlNode& map,
                     std::string_view what,
                     bool from_files,
                     std::map<std::string, Secret>* out);
  void ReportNone(std::string_view key);

  const rule::YamlNode& item_;
  std::string folder_;
  rule::FieldReader reader_;
};

}  // namespace keywatch::app
