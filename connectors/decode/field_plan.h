// Which members of a JSON object are wanted, and what each name met so far means.
//
// A wanted member is a slot, named by its flattened path (engine/record/column_source.h). Objects
// on the way to a slot are nodes. A name is resolved once per spelling and node, by flattening;
// after that it is found by prediction: each name remembers which names followed it, because an
// exporter writes its members in one order. Not thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace keywatch::decode {

inline constexpr int kNoSlot = -1;

struct KeyNode;

// One spelling of a name, as it stands between the quotes.
struct KeyEntry {
  std::string text;
  uint64_t first_word = 0;  // the first eight bytes, the rest zero
  uint64_t mask = 0;        // over the bytes of first_word that count
  int slot = kNoSlot;
  KeyNode* child = nullptr;  // an object here is walked for the sake of slots below it
  bool records = false;      // `records` at the top: the array of an envelope
  bool identity = false;     // recorded as it stands, never walked: IdentityMemo reads it
  std::array<KeyEntry*, 2> followers{};  // most recent first

  // Whether the string that opens at `quote` is this name; reads nothing at or behind `end`.
  [[nodiscard]] bool Matches(const char* quote, const char* end) const {
    size_t size = text.size();
    const char* at = quote + 1;
    if (static_cast<size_t>(end - at) <= size || at[size] != '"')
      return false;
    if (static_cast<size_t>(end - at) < 8)
      return std::memcmp(at, text.data(), size) == 0;
    if ((Word(at) & mask) != first_word)
      return false;
    if (size <= 8)
      return true;
    for (size_t i = 8; i + 8 < size; i += 8) {
      if (Word(at + i) != Word(text.data() + i))
        return false;
    }
    return Word(at + size - 8) == Word(text.data() + size - 8);
  }

 private:
  static uint64_t Word(const char* at) {
    uint64_t word = 0;
    std::memcpy(&word, at, sizeof word);
    return word;
  }
};

struct KeyNode {
  std::string prefix;            // flattened path of the object
  std::vector<int> slots_below;  // what a second object of the same name makes void
  uint64_t walked_in = 0;        // record in which it was last met
  KeyEntry before_first;         // its followers are first names
  std::deque<KeyEntry> entries;
  std::unordered_map<std::string_view, KeyEntry*> by_text;
  KeyEntry unlisted;  // for names beyond the bound
};

class FieldPlan {
 public:
  // `prefix` is the flattened path of the object that is walked: "" for a record.
  explicit FieldPlan(std::string prefix = "");

  // Before the first record only.
  int AddSlot(const std::string& flat_path);
  // A member of this flattened path is recorded as it stands.
  int AddIdentitySlot(const std::string& flat_path);

  [[nodiscard]] KeyNode* root() { return root_; }
  [[nodiscard]] size_t slots() const { return paths_.size(); }

  // The entry of a name that prediction did not find; null if its escapes are malformed.
  KeyEntry* Resolve(KeyNode* node, std::string_view raw_name);

 private:
  KeyNode* Node(const std::string& prefix);
  void Describe(const KeyNode& node, std::string_view name, KeyEntry* entry);

  std::vector<std::string> paths_;  // by slot
  std::vector<bool> is_identity_;
  std::map<std::string, std::unique_ptr<KeyNode>> nodes_;
  KeyNode* root_;
};

}  // namespace keywatch::decode
