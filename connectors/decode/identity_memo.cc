#include "connectors/decode/identity_memo.h"

#include "engine/record/hash.h"
#include "engine/record/json_string.h"

namespace keywatch::decode {
namespace {

// `identity` stands inside a record, maybe inside its `properties`.
constexpr int kDepthAround = 2;

}  // namespace

uint64_t IdentityMemo::Prepare(const Token& token) const {
  uint64_t hash = record::HashBytes(token.text(), record::ProcessHashSeed());
  __builtin_prefetch(&slots_[hash & (slots_.size() - 1)]);
  return hash;
}

IdentityMemo::Outcome IdentityMemo::Read(const Token& token,
                                         uint64_t hash,
                                         DecodeStats* stats,
                                         const Claims** claims) {
  std::string_view raw = token.text();
  size_t mask = slots_.size() - 1;
  size_t i = hash & mask;
  for (; slots_[i].entry != nullptr; i = (i + 1) & mask) {
    const Slot& slot = slots_[i];
    if (slot.hash == hash && slot.size == raw.size()) {
      *claims = &slot.entry->claims;
      __builtin_prefetch((*claims)->codes);
      if (record::SameBytes({slot.raw, slot.size}, raw))
        return Outcome::kRead;
    }
  }
  Entry entry;
  entry.raw = raw;
  Outcome outcome = Parse(token, stats, &entry);
  if (outcome != Outcome::kRead)
    return outcome;
  bytes_ +=
      raw.size() * 2 + sizeof(Entry) + entry.cells.size() * (sizeof(Cell) + sizeof(record::Code));
  Entry& kept = entries_.emplace_back(std::move(entry));
  kept.claims.codes = kept.codes.data();
  kept.claims.cells = kept.cells.data();
  *claims = &kept.claims;
  slots_[i] = {hash, &kept, kept.raw.data(), kept.raw.size()};
  if (entries_.size() * 2 > slots_.size())
    Grow();
  return Outcome::kRead;
}

IdentityMemo::Outcome IdentityMemo::Parse(const Token& token, DecodeStats* stats, Entry* entry) {
  std::string inner;
  std::string_view text = token.text();
  if (token.kind == TokenKind::kString) {
    if (!record::UnescapeJson(token.inside(), &inner))
      return Outcome::kNotJson;
    text = inner;
  } else if (token.kind != TokenKind::kContainer) {
    ++stats->unreadable_identities;
    FillCells(token, false, stats, entry);
    return Outcome::kRead;
  }
  bool valid = index_.Build(text) == StructuralIndex::Outcome::kOk;
  JsonCursor cursor(text, index_);
  bool object = valid && cursor.Peek() == '{';
  valid = valid && (object ? walker_.Walk(cursor, kDepthAround) : cursor.SkipValue(kDepthAround)) &&
          cursor.AtEnd();
  if (!valid && token.kind == TokenKind::kContainer) {
    return cursor.error() == JsonError::kTooDeep ? Outcome::kTooDeep : Outcome::kNotJson;
  }
  entry->claims.duplicate = valid && object && walker_.saw_duplicate();
  if (!valid || !object)
    ++stats->unreadable_identities;
  FillCells(token, valid && object, stats, entry);
  return Outcome::kRead;
}

void IdentityMemo::FillCells(const Token& token, bool claims, DecodeStats* stats, Entry* entry) {
  for (ColumnPlan& column : *columns_) {
    // Claims stand in a text that ends with this call: the arena keeps what is needed.
    const Token* value =
        column.slot == kNoSlot ? &token : (claims ? walker_.Find(column.slot) : nullptr);
    Cell cell = MakeCell(&column, value, &arena_, stats);
    cell.text = arena_.Copy(cell.text);
    entry->codes.push_back(cell.code);
    entry->cells.push_back(cell);
  }
}

void IdentityMemo::Grow() {
  std::vector<Slot> old(slots_.size() * 2);
  old.swap(slots_);
  size_t mask = slots_.size() - 1;
  for (const Slot& slot : old) {
    if (slot.entry == nullptr)
      continue;
    size_t i = slot.hash & mask;
    while (slots_[i].entry != nullptr)
      i = (i + 1) & mask;
    slots_[i] = slot;
  }
}

void IdentityMemo::Clear() {
  slots_.assign(kFewest, Slot{});
  entries_.clear();
  arena_.Reset();
  bytes_ = 0;
}

}  // namespace keywatch::decode
