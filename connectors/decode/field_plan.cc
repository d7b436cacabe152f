#include "connectors/decode/field_plan.h"

#include <algorithm>

#include "engine/record/column_source.h"
#include "engine/record/json_string.h"

namespace keywatch::decode {
namespace {

// Real records have some forty names; whoever writes others by the thousand is not remembered.
constexpr size_t kMostEntries = 512;

void SetText(std::string_view text, KeyEntry* entry) {
  entry->text = text;
  size_t size = std::min<size_t>(text.size(), 8);
  entry->first_word = 0;
  std::memcpy(&entry->first_word, text.data(), size);
  entry->mask = size == 8 ? ~uint64_t{0} : (uint64_t{1} << (8 * size)) - 1;
}

}  // namespace

FieldPlan::FieldPlan(std::string prefix) : root_(Node(prefix)) {}

KeyNode* FieldPlan::Node(const std::string& prefix) {
  std::unique_ptr<KeyNode>& node = nodes_[prefix];
  if (node == nullptr) {
    node = std::make_unique<KeyNode>();
    node->prefix = prefix;
    for (size_t slot = 0; slot < paths_.size(); ++slot) {
      if (paths_[slot].starts_with(prefix + "_"))
        node->slots_below.push_back(static_cast<int>(slot));
    }
  }
  return node.get();
}

int FieldPlan::AddSlot(const std::string& flat_path) {
  auto known = std::find(paths_.begin(), paths_.end(), flat_path);
  if (known != paths_.end())
    return static_cast<int>(known - paths_.begin());
  paths_.push_back(flat_path);
  is_identity_.push_back(false);
  return static_cast<int>(paths_.size()) - 1;
}

int FieldPlan::AddIdentitySlot(const std::string& flat_path) {
  int slot = AddSlot(flat_path);
  is_identity_[static_cast<size_t>(slot)] = true;
  return slot;
}

void FieldPlan::Describe(const KeyNode& node, std::string_view name, KeyEntry* entry) {
  std::string flat = record::FlattenPath(
      node.prefix.empty() ? std::string(name) : node.prefix + "." + std::string(name));
  entry->slot = kNoSlot;
  entry->child = nullptr;
  entry->records = node.prefix.empty() && flat == "records";
  entry->identity = false;
  bool below = false;
  for (size_t slot = 0; slot < paths_.size(); ++slot) {
    if (paths_[slot] == flat) {
      entry->slot = static_cast<int>(slot);
      entry->identity = is_identity_[slot];
    }
    if (paths_[slot].starts_with(flat + "_"))
      below = true;
  }
  if (below && !entry->identity)
    entry->child = Node(flat);
}

KeyEntry* FieldPlan::Resolve(KeyNode* node, std::string_view raw_name) {
  auto known = node->by_text.find(raw_name);
  if (known != node->by_text.end())
    return known->second;
  std::string name;
  if (!record::UnescapeJson(raw_name, &name))
    return nullptr;
  if (node->entries.size() >= kMostEntries) {
    Describe(*node, name, &node->unlisted);
    node->unlisted.followers = {};
    return &node->unlisted;
  }
  KeyEntry& entry = node->entries.emplace_back();
  SetText(raw_name, &entry);
  Describe(*node, name, &entry);
  node->by_text.emplace(entry.text, &entry);
  return &entry;
}

}  // namespace keywatch::decode
