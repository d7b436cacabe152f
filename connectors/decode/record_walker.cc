#include "connectors/decode/record_walker.h"

#include <utility>

namespace keywatch::decode {

bool RecordWalker::Walk(JsonCursor& cursor, int depth) {
  ++object_;
  duplicate_ = false;
  records_ = false;
  identities_ = 0;
  const uint32_t* begin = cursor.place();
  if (!WalkObject(cursor, plan_->root(), depth))
    return false;
  if (identities_ == 0)
    return true;
  // An identity that a later member made void will not be read, so nobody else would check it.
  bool read = identities_ == 1 && slots_[static_cast<size_t>(identity_slot_)].object == object_;
  if (read)
    return true;
  cursor.Return(begin);
  return cursor.SkipValue(depth);
}

bool RecordWalker::WalkObject(JsonCursor& cursor, KeyNode* node, int depth) {
  if (depth >= kMaxDepth)
    return cursor.Fail(JsonError::kTooDeep);
  cursor.Advance();  // '{'
  if (cursor.Skip('}'))
    return true;
  KeyEntry* previous = &node->before_first;
  for (;;) {
    if (WalkExpected(cursor, &previous))
      return true;
    KeyEntry* entry = ReadName(cursor, node, previous);
    if (entry == nullptr)
      return false;
    if (!cursor.Skip(':'))
      return cursor.Fail(JsonError::kSyntax);
    if (!WalkValue(cursor, *entry, depth + 1))
      return false;
    if (cursor.Skip('}'))
      return true;
    if (!cursor.Skip(','))
      return cursor.Fail(JsonError::kSyntax);
    previous = entry;
  }
}

// The usual run of members: an expected name, a string without escapes, the next name. Stops in
// front of a member that is anything else; true if the object ended. Does nothing that ReadName and
// WalkValue would not do; it is here because it keeps its place in a register.
bool RecordWalker::WalkExpected(JsonCursor& cursor, KeyEntry** previous) {
  const char* text = cursor.text();
  const char* text_end = cursor.text_end();
  const uint32_t* at = cursor.place();
  const uint32_t* last = cursor.last_place();
  bool ended = false;
  while (!ended && last - at > 3) {
    const char* name = text + at[0];
    auto& [first, second] = (*previous)->followers;
    if (first == nullptr || *name != '"')
      break;
    if (!first->Matches(name, text_end)) {
      if (second == nullptr || !second->Matches(name, text_end))
        break;
      std::swap(first, second);
    }
    KeyEntry* entry = first;
    const char* begin = text + at[2];
    char next = text[at[3]];
    if (text[at[1]] != ':' || *begin != '"' || entry->child != nullptr || entry->identity ||
        (next != ',' && next != '}')) {
      break;
    }
    const char* end = JsonCursor::TrimEnd(begin, text + at[3]);
    if (end[-1] != '"' || end - begin < 2 || cursor.HasBackslash(begin, end))
      break;
    if (entry->slot != kNoSlot) {
      Slot& into = slots_[static_cast<size_t>(entry->slot)];
      if (into.object == object_)
        duplicate_ = true;
      into = {{begin, end, TokenKind::kString, false}, object_};
    }
    ended = next == '}';
    *previous = entry;
    at += 4;
  }
  cursor.MoveTo(at);
  return ended;
}

KeyEntry* RecordWalker::ReadName(JsonCursor& cursor, KeyNode* node, KeyEntry* previous) {
  if (cursor.Peek() != '"') {
    cursor.Fail(JsonError::kSyntax);
    return nullptr;
  }
  const char* quote = cursor.Here();
  auto& [first, second] = previous->followers;
  if (first != nullptr && first->Matches(quote, cursor.text_end())) {
    cursor.Advance();
    return first;
  }
  if (second != nullptr && second->Matches(quote, cursor.text_end())) {
    std::swap(first, second);
    cursor.Advance();
    return first;
  }
  Token token;
  if (!cursor.ReadScalar(&token))
    return nullptr;
  KeyEntry* entry = plan_->Resolve(node, token.inside());
  if (entry == nullptr) {
    cursor.Fail(JsonError::kSyntax);
  } else if (entry != &node->unlisted) {
    second = std::exchange(first, entry);
  }
  return entry;
}

bool RecordWalker::WalkValue(JsonCursor& cursor, const KeyEntry& entry, int depth) {
  if (entry.identity) {
    ++identities_;
    identity_slot_ = entry.slot;
  }
  char c = cursor.Peek();
  if (c == '{' || c == '[')
    return WalkContainer(cursor, entry, depth);
  if (entry.slot == kNoSlot) {
    Token ignored;
    return cursor.ReadScalar(&ignored) &&
           (entry.child == nullptr || EnterChild(cursor, entry.child, -1));
  }
  Slot& into = slots_[static_cast<size_t>(entry.slot)];
  if (into.object == object_)
    duplicate_ = true;
  into.object = object_;
  if (!cursor.ReadScalar(&into.token, entry.identity))
    return false;
  return entry.child == nullptr || EnterChild(cursor, entry.child, -1);
}

bool RecordWalker::WalkContainer(JsonCursor& cursor, const KeyEntry& entry, int depth) {
  bool object = cursor.Peek() == '{';
  if (entry.records && !object)
    records_ = true;
  Token token;
  token.begin = cursor.Here();
  token.kind = TokenKind::kContainer;
  bool read = false;
  if (entry.identity) {
    read = cursor.SkipBrackets();
  } else if (entry.child != nullptr) {
    read =
        EnterChild(cursor, entry.child, object ? depth : -1) && (object || cursor.SkipValue(depth));
  } else {
    read = cursor.SkipValue(depth);
  }
  if (!read || entry.slot == kNoSlot)
    return read;
  token.end = cursor.text() + cursor.place()[-1] + 1;
  Slot& into = slots_[static_cast<size_t>(entry.slot)];
  if (into.object == object_)
    duplicate_ = true;
  into = {token, object_};
  return true;
}

// Makes void what an earlier object of that name left behind, then walks the one at the cursor; a
// negative `depth`: there is none, the name now holds something else.
bool RecordWalker::EnterChild(JsonCursor& cursor, KeyNode* child, int depth) {
  if (child->walked_in == object_) {
    duplicate_ = true;
    for (int slot : child->slots_below)
      slots_[static_cast<size_t>(slot)].object = 0;
  }
  child->walked_in = object_;
  return depth < 0 || WalkObject(cursor, child, depth);
}

}  // namespace keywatch::decode
