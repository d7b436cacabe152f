// Finds the wanted members of one JSON object, wherever they stand, and checks the whole object.
//
// Of a name that stands twice in one object the last one counts, as in JSON.parse; that includes
// what stood below it. Not thread-safe.
#pragma once

#include <vector>

#include "connectors/decode/field_plan.h"
#include "connectors/decode/json_cursor.h"

namespace keywatch::decode {

class RecordWalker {
 public:
  // `plan` must have all its slots, and outlive the walker.
  explicit RecordWalker(FieldPlan* plan) : plan_(plan), slots_(plan->slots()) {}

  // Reads the object that opens at the cursor and moves behind it; false: cursor.error(). `depth`:
  // containers that are open around it. What an identity slot holds afterwards is unchecked, if it
  // is a string or a container: whoever reads it checks it.
  bool Walk(JsonCursor& cursor, int depth = 0);

  // The value of a slot in the object walked last; null when missing or JSON null.
  [[nodiscard]] const Token* Find(int slot) const {
    if (slot == kNoSlot)
      return nullptr;
    const Slot& found = slots_[static_cast<size_t>(slot)];
    return found.object == object_ && found.token.kind != TokenKind::kNull ? &found.token : nullptr;
  }
  // A wanted name, or one on the way to it, stood twice.
  [[nodiscard]] bool saw_duplicate() const { return duplicate_; }
  // The object has a `records` array: it is an envelope, and no record.
  [[nodiscard]] bool saw_records() const { return records_; }

 private:
  struct Slot {
    Token token;
    uint64_t object = 0;  // the walk that filled it
  };

  bool WalkObject(JsonCursor& cursor, KeyNode* node, int depth);
  bool WalkExpected(JsonCursor& cursor, KeyEntry** previous);
  bool WalkValue(JsonCursor& cursor, const KeyEntry& entry, int depth);
  bool WalkContainer(JsonCursor& cursor, const KeyEntry& entry, int depth);
  KeyEntry* ReadName(JsonCursor& cursor, KeyNode* node, KeyEntry* previous);
  bool EnterChild(JsonCursor& cursor, KeyNode* child, int depth);

  FieldPlan* plan_;
  std::vector<Slot> slots_;
  uint64_t object_ = 0;
  bool duplicate_ = false;
  bool records_ = false;
  int identities_ = 0;           // members that were recorded unchecked
  int identity_slot_ = kNoSlot;  // of the last one
};

}  // namespace keywatch::decode
