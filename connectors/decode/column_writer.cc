#include "connectors/decode/column_writer.h"

#include <algorithm>

#include "connectors/decode/address.h"
#include "engine/base/check.h"
#include "engine/record/hash.h"

namespace keywatch::decode {
namespace {

using record::SourceKind;
using record::Storage;
using record::Type;

bool IsIdentityPath(const std::string& path) {
  return path == "identity" || path.starts_with("identity_");
}

const std::string& PartOf(const ResourceParts& parts, record::ResourcePart part) {
  switch (part) {
    case record::ResourcePart::kUpper:
      return parts.upper;
    case record::ResourcePart::kLower:
      return parts.lower;
    case record::ResourcePart::kSubscription:
      return parts.subscription;
    case record::ResourcePart::kGroup:
      return parts.group;
    case record::ResourcePart::kProvider:
      return parts.provider;
    case record::ResourcePart::kType:
      return parts.type;
    case record::ResourcePart::kName:
      return parts.name;
  }
  return parts.upper;
}

record::Code InternLast(ColumnPlan* column, std::string_view text) {
  if (record::SameBytes(text, column->last_text))
    return column->last_code;
  column->last_code = column->dictionary->Intern(text);
  column->last_text = column->dictionary->At(column->last_code);
  return column->last_code;
}

Cell TextCell(ColumnPlan* column, std::string_view text, bool in_message, Arena* arena) {
  Cell cell;
  cell.null = text.empty();
  if (column->storage == Storage::kDictionary) {
    cell.code = InternLast(column, text);
  } else {
    cell.text = in_message ? text : arena->Copy(text);
  }
  return cell;
}

std::string& Scratch() {
  thread_local std::string scratch;
  return scratch;
}

}  // namespace

Cell MakeCell(ColumnPlan* column, const Token* token, Arena* arena, DecodeStats* stats) {
  if (token == nullptr)
    return {};
  std::string& scratch = Scratch();
  if (column->type == Type::kString) {
    std::string_view text = TextOf(*token, &scratch);
    return TextCell(column, text, text.data() != scratch.data(), arena);
  }
  if (column->type == Type::kDynamic) {
    Cell cell;
    std::string_view json = DynamicOf(*token, &scratch);
    cell.text = json.data() >= token->begin && json.data() < token->end ? json : arena->Copy(json);
    cell.null = false;
    return cell;
  }
  if (column->type == Type::kGuid) {
    std::string guid;
    if (ReadGuid(TextOf(*token, &scratch), &guid) != ValueOutcome::kValue)
      ++stats->type_mismatches;
    return TextCell(column, guid, false, arena);
  }
  Cell cell;
  switch (ReadNumeric(*token, column->type, &scratch, &cell)) {
    case ValueOutcome::kValue:
      break;
    case ValueOutcome::kMismatch:
      ++stats->type_mismatches;
      break;
    case ValueOutcome::kOutOfRange:
      ++stats->out_of_range;
      break;
  }
  return cell;
}

ColumnWriter::ColumnWriter(const record::BatchLayout& layout,
                           FieldPlan* record_plan,
                           FieldPlan* identity_plan) {
  for (size_t i = 0; i < layout.columns().size(); ++i) {
    Plan(layout.columns()[i], i, record_plan, identity_plan);
  }
  resources_.resize(1);
  Clear();
}

void ColumnWriter::Plan(const record::LayoutColumn& column,
                        size_t index,
                        FieldPlan* record_plan,
                        FieldPlan* identity_plan) {
  ColumnPlan plan;
  plan.index = index;
  plan.type = column.type;
  plan.storage = column.storage;
  Result<record::ColumnSource> source = record::ParseColumnSource(column.source);
  KEYWATCH_CHECK(source.has_value(), "the catalog checks the source of every column");
  plan.source = std::move(source).value();
  if (plan.is_text() && plan.storage == Storage::kDictionary) {
    plan.dictionary = &dictionaries_.emplace_back();
  }
  switch (plan.source.kind) {
    case SourceKind::kNone:
    case SourceKind::kEventTime:
    case SourceKind::kConstant:
      fixed_columns_.push_back(std::move(plan));
      return;
    case SourceKind::kResource:
      resource_columns_.push_back(std::move(plan));
      return;
    case SourceKind::kPath:
    case SourceKind::kAddress:
      break;
  }
  const std::vector<std::string>& paths = plan.source.paths;
  auto claim = std::find_if(paths.begin(), paths.end(), IsIdentityPath);
  if (claim != paths.end() && plan.source.kind == SourceKind::kPath) {
    plan.slot = *claim == "identity" ? kNoSlot : identity_plan->AddSlot(*claim);
    identity_columns_.push_back(std::move(plan));
    return;
  }
  plan.slot = record_plan->AddSlot(paths[0]);
  if (paths.size() > 1)
    plan.twin = record_plan->AddSlot(paths[1]);
  if (plan.source.kind == SourceKind::kPath) {
    member_columns_.push_back(std::move(plan));
  } else {
    address_columns_.push_back({std::move(plan), std::make_unique<record::Dictionary>(), {}, {}});
  }
}

void ColumnWriter::Begin(size_t capacity, record::RecordBatch* batch) {
  batch_ = batch;
  arena_.Reset();
  size_t columns = member_columns_.size() + identity_columns_.size() + resource_columns_.size() +
                   fixed_columns_.size() + address_columns_.size();
  batch->columns.resize(columns);
  for (ColumnPlan& column : member_columns_)
    Attach(&column, capacity);
  for (ColumnPlan& column : identity_columns_)
    Attach(&column, capacity);
  for (ColumnPlan& column : resource_columns_)
    Attach(&column, capacity);
  for (ColumnPlan& column : fixed_columns_)
    Attach(&column, capacity);
  for (AddressColumn& column : address_columns_)
    Attach(&column.plan, capacity);
}

void ColumnWriter::Attach(ColumnPlan* column, size_t capacity) {
  record::ColumnData& data = batch_->columns[column->index];
  data.type = column->type;
  data.storage = column->storage;
  data.dictionary = column->dictionary;
  if (column->dictionary != nullptr) {
    data.codes.resize(capacity);
    column->codes = data.codes.data();
    return;
  }
  if (column->is_text() || column->type == Type::kDynamic) {
    data.texts.resize(capacity);
    column->texts = data.texts.data();
    return;
  }
  data.nulls.resize(capacity);
  column->nulls = data.nulls.data();
  if (column->type == Type::kReal) {
    data.reals.resize(capacity);
    column->reals = data.reals.data();
  } else {
    data.integers.resize(capacity);
    column->integers = data.integers.data();
  }
}

void ColumnWriter::Write(size_t row,
                         const RecordWalker& walker,
                         const KnownResource& resource,
                         const Claims* claims,
                         DecodeStats* stats) {
  for (ColumnPlan& column : member_columns_) {
    const Token* token = column.Find(walker);
    // The usual case in place, all others by way of a cell.
    if (token != nullptr && token->kind == TokenKind::kString && !token->escaped &&
        column.type == Type::kString) {
      if (column.codes != nullptr) {
        column.codes[row] = InternLast(&column, token->inside());
      } else {
        column.texts[row] = token->inside();
      }
    } else {
      column.Store(row, MakeCell(&column, token, &arena_, stats));
    }
  }
  for (size_t i = 0; i < resource_columns_.size(); ++i) {
    resource_columns_[i].Store(row, resource.cells[i]);
  }
  for (size_t i = 0; i < identity_columns_.size(); ++i) {
    const ColumnPlan& column = identity_columns_[i];
    if (column.codes != nullptr) {
      column.codes[row] = claims == nullptr ? 0 : claims->codes[i];
    } else {
      column.Store(row, claims == nullptr ? Cell{} : claims->cells[i]);
    }
  }
  for (AddressColumn& column : address_columns_) {
    WriteAddress(&column, row, column.plan.Find(walker));
  }
}

void ColumnWriter::WriteAddress(AddressColumn* column, size_t row, const Token* token) {
  record::Code raw = token == nullptr ? 0 : column->raw->Intern(TextOf(*token, &scratch_));
  bool by_code = column->plan.dictionary != nullptr;
  if (raw >= (by_code ? column->codes.size() : column->texts.size())) {
    std::string canonical = CanonicalAddress(column->raw->At(raw));
    if (by_code) {
      column->codes.push_back(column->plan.dictionary->Intern(canonical));
    } else {
      column->texts.push_back(long_lived_.Copy(canonical));
    }
  }
  if (by_code) {
    column->plan.codes[row] = column->codes[raw];
  } else {
    column->plan.texts[row] = column->texts[raw];
  }
}

const KnownResource& ColumnWriter::Resource(std::string_view raw_id) {
  record::Code code = raw_resources_.Intern(raw_id);
  if (code >= resources_.size()) {
    KnownResource& resource = resources_.emplace_back();
    resource.parts = ParseResourceId(raw_id);
    resource.hash = record::HashBytes(resource.parts.upper, 0);
    resource_bytes_ += sizeof(KnownResource) + 4 * raw_id.size();
    for (ColumnPlan& column : resource_columns_) {
      resource.cells.push_back(
          TextCell(&column, PartOf(resource.parts, column.source.part), true, nullptr));
    }
  }
  return resources_[code];
}

void ColumnWriter::Fill(const ColumnPlan& column, size_t rows) {
  record::ColumnData& data = batch_->columns[column.index];
  if (column.source.kind == SourceKind::kEventTime) {
    std::copy_n(batch_->event_time.begin(), rows, data.integers.begin());
    std::fill_n(data.nulls.begin(), rows, uint8_t{0});
  } else if (column.dictionary != nullptr) {
    std::fill_n(data.codes.begin(), rows, column.dictionary->Intern(column.source.constant));
  } else if (column.is_text() || column.type == Type::kDynamic) {
    std::fill_n(data.texts.begin(), rows, std::string_view(column.source.constant));
  } else {
    std::fill_n(data.nulls.begin(), rows, uint8_t{1});
  }
}

void ColumnWriter::Finish(size_t rows) {
  for (const ColumnPlan& column : fixed_columns_)
    Fill(column, rows);
  for (record::ColumnData& data : batch_->columns) {
    if (data.codes.size() > rows)
      data.codes.resize(rows);
    if (data.texts.size() > rows)
      data.texts.resize(rows);
    if (data.integers.size() > rows)
      data.integers.resize(rows);
    if (data.reals.size() > rows)
      data.reals.resize(rows);
    if (data.nulls.size() > rows)
      data.nulls.resize(rows);
  }
}

size_t ColumnWriter::largest_dictionary() const {
  size_t largest = raw_resources_.size();
  for (const record::Dictionary& dictionary : dictionaries_) {
    largest = std::max(largest, dictionary.size());
  }
  for (const AddressColumn& column : address_columns_)
    largest = std::max(largest, column.raw->size());
  return largest;
}

size_t ColumnWriter::dictionary_bytes() const {
  size_t bytes = raw_resources_.bytes() + resource_bytes_;
  for (const record::Dictionary& dictionary : dictionaries_)
    bytes += dictionary.bytes();
  for (const AddressColumn& column : address_columns_) {
    bytes += column.raw->bytes() + 2 * column.texts.size() * sizeof(std::string_view);
  }
  return bytes;
}

void ColumnWriter::Clear() {
  for (record::Dictionary& dictionary : dictionaries_)
    dictionary.Clear();
  auto forget = [](ColumnPlan& plan) {
    plan.last_text = {};
    plan.last_code = 0;
  };
  std::for_each(member_columns_.begin(), member_columns_.end(), forget);
  std::for_each(identity_columns_.begin(), identity_columns_.end(), forget);
  std::for_each(resource_columns_.begin(), resource_columns_.end(), forget);
  for (AddressColumn& column : address_columns_) {
    forget(column.plan);
    column.raw->Clear();
    column.codes.assign(1, 0);  // code 0: ""
    column.texts.assign(1, {});
  }
  long_lived_.Reset();
  raw_resources_.Clear();
  resources_.clear();
  resource_bytes_ = 0;
  resources_.emplace_back();  // code 0: ""
  resources_[0].hash = record::HashBytes("", 0);
  resources_[0].cells.resize(resource_columns_.size());
}

}  // namespace keywatch::decode
