// Reading the fields of one map of the configuration, and declaring them at the same time: whoever
// reads a key says what it means and what it may be, so that the schema and the docs are made from
// the code that reads.
//
// Mistakes go to the diagnostics; the target of a field then keeps its default. What a target holds
// before is the default that is declared.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/connectors/field_spec.h"
#include "engine/base/diagnostics.h"
#include "engine/base/secret.h"
#include "engine/record/time.h"
#include "engine/rule/yaml_fields.h"
#include "engine/rule/yaml_node.h"

namespace keywatch::app {

using record::Ticks;

// A relative path is taken from `folder`; "" stays "".
std::string ResolvePath(const std::string& folder, const std::string& path);

struct ListenAddress {
  std::string host;
  int port = 0;
};

enum class Need { kOptional, kRequired };

// One value of `type` and what it stands for.
struct TypeName {
  std::string name;
  std::string meaning;
};

class Fields {
 public:
  // `map` and `diagnostics` outlive this object. `what` names the map in messages. With `spec`
  // nothing is read: `map` is an empty one, and every key that could be asked for is asked for.
  Fields(const rule::YamlNode& map,
         std::string what,
         std::string folder,
         Diagnostics* diagnostics,
         ObjectSpec* spec = nullptr)
      : map_(map),
        folder_(std::move(folder)),
        reader_(map, std::move(what), diagnostics),
        spec_(spec) {}
  // Runs `read` over nothing, for what it declares.
  static ObjectSpec Describe(const std::function<void(Fields*)>& read);

  // The map's own place, for mistakes that lie between its fields.
  [[nodiscard]] SourceSpan span() const { return map_.span; }
  [[nodiscard]] const std::string& folder() const { return folder_; }
  [[nodiscard]] Diagnostics* diagnostics() const { return reader_.diagnostics(); }

  // Each returns the node of the value if there is one, right or wrong; else null.
  using Node = const rule::YamlNode*;
  Node Text(std::string_view key,
            std::string meaning,
            std::string* out,
            Need need = Need::kOptional,
            std::string pattern = "");
  // A file or folder; a relative one is taken from the folder of the configuration file.
  Node Path(std::string_view key,
            std::string meaning,
            std::string* out,
            Need need = Need::kOptional);
  Node Bool(std::string_view key, std::string meaning, bool* out);
  template <class Number>
  Node Integer(std::string_view key,
               std::string meaning,
               int64_t least,
               int64_t most,
               Number* out,
               Need need = Need::kOptional) {
    auto value = static_cast<int64_t>(*out);
    Node node = ReadInteger(key, std::move(meaning), least, most, need, &value);
    *out = static_cast<Number>(value);
    return node;
  }
  Node Duration(std::string_view key, std::string meaning, Ticks* out);
  // At least a millisecond.
  Node PositiveDuration(std::string_view key, std::string meaning, Ticks* out);
  Node Size(std::string_view key, std::string meaning, int64_t* out);
  // One of `names`, whose number becomes the value.
  template <class Value>
  Node Name(std::string_view key,
            std::string meaning,
            const std::vector<std::string>& names,
            Value* out) {
    auto value = static_cast<size_t>(*out);
    Node node = ReadName(key, std::move(meaning), names, /*has_default=*/true, &value);
    *out = static_cast<Value>(value);
    return node;
  }
  // One of `names`, as text; "" is no default.
  Node NameText(std::string_view key,
                std::string meaning,
                const std::vector<std::string>& names,
                std::string* out);
  // A list of texts (at least `least_items`; a required one: at least one), or one text.
  Node Texts(std::string_view key,
             std::string meaning,
             std::vector<std::string>* out,
             Need need = Need::kOptional,
             size_t least_items = 0);
  Node Paths(std::string_view key,
             std::string meaning,
             std::vector<std::string>* out,
             Need need = Need::kOptional);
  // A list of `names` (at least `least_items`), in their own spelling.
  Node Names(std::string_view key,
             std::string meaning,
             const std::vector<std::string>& names,
             size_t least_items,
             std::vector<std::string>* out);
  // address:port, whose default is what `out` holds.
  Node Listen(std::string_view key, std::string meaning, ListenAddress* out);

  // A secret given by `key` as text or by `key`_file as a file; empty if by neither.
  Node OneSecret(std::string_view key,
                 std::string meaning,
                 Secret* out,
                 Need need = Need::kOptional,
                 std::string pattern = "");
  // The secret in the file that `key` names.
  Node FileSecret(std::string_view key,
                  std::string meaning,
                  Secret* out,
                  Need need = Need::kOptional);
  // A list of secrets, or one.
  Node SecretList(std::string_view key, std::string meaning, std::vector<Secret>* out);
  // The maps `key` (texts) and `files_key` (files): names and texts, any of which may be a secret.
  void Secrets(std::string_view key,
               std::string_view files_key,
               std::string meaning,
               std::map<std::string, Secret>* out);

  // The map under `key`, whose fields `read` reads.
  Node Map(std::string_view key,
           std::string meaning,
           Need need,
           const std::function<void(Fields*)>& read);
  // The list of maps under `key`, of at least one; `what` names one of them.
  Node List(std::string_view key,
            std::string meaning,
            const std::string& what,
            const std::function<void(Fields*)>& read);
  // The key `type`, and by it the other fields of this map.
  void ByType(const std::vector<TypeName>& types,
              const std::function<void(size_t which, Fields*)>& read);

  // For the schema only: the caller reports what breaks these.
  void Group(FieldGroup::Rule rule, std::vector<std::string> keys);
  // Reports the keys that nobody asked for.
  void Finish() { reader_.Finish(Severity::kError); }

 private:
  Node ReadInteger(std::string_view key,
                   std::string meaning,
                   int64_t least,
                   int64_t most,
                   Need need,
                   int64_t* out);
  Node ReadName(std::string_view key,
                std::string meaning,
                const std::vector<std::string>& names,
                bool has_default,
                size_t* out);
  Node ReadTexts(std::string_view key,
                 std::string meaning,
                 std::vector<std::string>* out,
                 Need need,
                 size_t least_items,
                 const std::string& folder);
  Node Look(std::string_view key, Need need);
  FieldSpec* Declare(std::string_view key, FieldType type, std::string meaning, Need need);
  Secret ReadSecretFile(const rule::YamlNode& path);
  void ReadSecretMap(const rule::YamlNode& map,
                     std::string_view what,
                     bool from_files,
                     std::map<std::string, Secret>* out);

  const rule::YamlNode& map_;
  std::string folder_;
  rule::FieldReader reader_;
  ObjectSpec* spec_;
  FieldSpec unused_;  // what Declare() gives where nobody asks
};

// host:port of a listener, or null after reporting.
std::optional<ListenAddress> ReadListenAddress(const rule::YamlNode& node,
                                               Diagnostics* diagnostics);

}  // namespace keywatch::app
