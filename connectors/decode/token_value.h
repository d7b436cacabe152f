// From a JSON value to a cell of a column: what each type accepts, and what becomes null.
// docs/formats/records.md states the same as a table.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "connectors/decode/json_cursor.h"
#include "engine/record/dictionary.h"
#include "engine/record/type.h"

namespace keywatch::decode {

enum class ValueOutcome : uint8_t { kValue, kMismatch, kOutOfRange };

// What a column holds in one row; which member counts follows from the column's type and storage.
struct Cell {
  record::Code code = 0;
  std::string_view text;
  int64_t integer = 0;
  double real = 0;
  bool null = true;
};

// The text of a value: of a string what it stands for, of anything else its JSON. Points into the
// message, or into `scratch` when the string had escapes.
std::string_view TextOf(const Token& token, std::string* scratch);

// bool, int, long, datetime, timespan into `integer`, real into `real`; null is left true unless
// kValue.
ValueOutcome ReadNumeric(const Token& token, record::Type type, std::string* scratch, Cell* out);

// JSON of a dynamic column: the value as it stands; of a string that holds an object or an array,
// what the string holds.
std::string_view DynamicOf(const Token& token, std::string* scratch);

// A guid in lower case with its hyphens; kMismatch and "" if it is none.
ValueOutcome ReadGuid(std::string_view text, std::string* out);

}  // namespace keywatch::decode
