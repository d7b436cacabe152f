#include "engine/record/dictionary.h"

#include "engine/record/hash.h"

namespace keywatch::record {

Dictionary::Dictionary() : slots_(64), texts_(1), seed_(ProcessHashSeed()) {
  texts_[0] = std::string_view("", 0);
}

Dictionary::Slot Dictionary::KeyOf(std::string_view text) const {
  auto size = static_cast<uint32_t>(text.size());
  if (text.size() > 16)
    return {HashBytes(text, seed_), 0, size, 0};
  ShortText words = LoadShort(text.data(), text.size());
  return {words.low, words.high, size, 0};
}

// Where the search for a key begins. A long text's key is a seeded hash already.
size_t Dictionary::Place(const Slot& key) const {
  if (key.size > 16)
    return static_cast<size_t>(key.low);
  return static_cast<size_t>(FinishHash({key.low, key.high}, seed_, key.size, seed_));
}

void Dictionary::Prepare(std::string_view text) const {
  __builtin_prefetch(&slots_[Place(KeyOf(text)) & (slots_.size() - 1)]);
}

Code Dictionary::Intern(std::string_view text) {
  if (text.empty())
    return 0;
  Slot key = KeyOf(text);
  size_t mask = slots_.size() - 1;
  for (size_t i = Place(key) & mask;; i = (i + 1) & mask) {
    const Slot& slot = slots_[i];
    if (slot.code_plus_one == 0)
      return Add(text, key, i);
    if (slot.low == key.low && slot.high == key.high && slot.size == key.size &&
        (text.size() <= 16 || SameBytes(texts_[slot.code_plus_one - 1], text))) {
      return slot.code_plus_one - 1;
    }
  }
}

Code Dictionary::Add(std::string_view text, const Slot& key, size_t slot) {
  auto code = static_cast<Code>(texts_.size());
  slots_[slot] = key;
  slots_[slot].code_plus_one = code + 1;
  texts_.push_back(owned_.emplace_back(text));
  bytes_ += text.size() + sizeof(std::string) + sizeof(std::string_view) + 2 * sizeof(Slot);
  if (texts_.size() * 2 > slots_.size())
    Grow();
  return code;
}

void Dictionary::Grow() {
  std::vector<Slot> old(slots_.size() * 2);
  old.swap(slots_);
  size_t mask = slots_.size() - 1;
  for (const Slot& slot : old) {
    if (slot.code_plus_one == 0)
      continue;
    size_t i = Place(slot) & mask;
    while (slots_[i].code_plus_one != 0)
      i = (i + 1) & mask;
    slots_[i] = slot;
  }
}

void Dictionary::Clear() {
  slots_.assign(64, Slot{});
  texts_.resize(1);
  owned_.clear();
  bytes_ = 0;
  ++generation_;
}

}  // namespace keywatch::record
