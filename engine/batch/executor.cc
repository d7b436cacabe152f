#include "engine/batch/executor.h"

#include <algorithm>
#include <unordered_map>

#include "engine/batch/aggregate.h"
#include "engine/eval/evaluator.h"

namespace keywatch::batch {

using eval::Chunk;
using eval::EvalContext;
using plan::ExprPtr;
using plan::NodePtr;
using record::Row;
using record::Schema;
using record::Value;

namespace {

using Rows = std::vector<Row>;
using RowIndex = std::unordered_map<Row, std::vector<size_t>, record::RowHash, record::RowEqual>;

class Executor {
 public:
  Executor(const Tables& tables, record::Ticks now) : tables_(tables), now_(now) {}

  Rows Run(const NodePtr& node) {
    return std::visit([&](const auto& op) { return RunOp(op, *node); }, node->op);
  }

 private:
  // The values of `expr` for all rows.
  std::vector<Value> Column(const ExprPtr& expr, const Rows& rows, const Schema& schema) {
    RunSubqueries(expr);
    std::vector<bool> used(schema.columns.size());
    plan::CollectColumns(expr, &used);
    Chunk chunk = eval::ToChunk(rows.data(), rows.size(), schema, used);
    EvalContext context{now_, &subqueries_};
    eval::Vector vector = eval::Program(expr).Run(chunk, context);
    std::vector<Value> out;
    out.reserve(rows.size());
    for (size_t i = 0; i < rows.size(); ++i)
      out.push_back(vector.ValueAt(i));
    return out;
  }

  void RunSubqueries(const ExprPtr& expr) {
    if (expr->subquery != nullptr && !subqueries_.contains(expr->subquery.get())) {
      std::vector<Value> members;
      for (Row& row : Run(expr->subquery))
        members.push_back(std::move(row[0]));
      subqueries_.emplace(expr->subquery.get(), std::move(members));
    }
    for (const ExprPtr& arg : expr->args)
      RunSubqueries(arg);
  }

  Rows RunOp(const plan::Scan& op, const plan::Node& node) {
    auto found = tables_.find(op.table);
    if (found == tables_.end())
      return {};
    const TableData& table = found->second;
    std::vector<std::optional<size_t>> sources;
    for (const record::Column& column : node.schema.columns) {
      sources.push_back(table.schema.Find(column.name));
    }
    Rows out;
    for (const Row& row : table.rows) {
      Row& picked = out.emplace_back();
      for (size_t c = 0; c < sources.size(); ++c) {
        picked.push_back(sources[c] ? row[*sources[c]] : Value::Null(node.schema.columns[c].type));
      }
    }
    return out;
  }

  Rows RunOp(const plan::Values& op, const plan::Node&) { return op.rows; }

  Rows RunOp(const plan::Range& op, const plan::Node& node) {
    record::Type type = node.schema.columns[0].type;
    Rows one = {Row{}};
    Value from = Column(op.from, one, {})[0];
    Value to = Column(op.to, one, {})[0];
    Value step = Column(op.step, one, {})[0];
    Rows out;
    if (from.is_null() || to.is_null() || step.is_null() || step.number() == 0)
      return out;
    constexpr size_t kMostRows = 1'000'000;
    bool up = step.number() > 0;
    if (type == record::Type::kReal) {
      for (double x = from.number();
           (up ? x <= to.number() : x >= to.number()) && out.size() < kMostRows;
           x += step.number()) {
        out.push_back({Value::Real(x)});
      }
      return out;
    }
    for (int64_t x = from.integral();
         (up ? x <= to.integral() : x >= to.integral()) && out.size() < kMostRows;) {
      out.push_back({Value::Integral(type, x)});
      if (__builtin_add_overflow(x, step.integral(), &x))
        break;
    }
    return out;
  }

  Rows RunOp(const plan::Filter& op, const plan::Node&) {
    Rows rows = Run(op.input);
    std::vector<Value> truth = Column(op.predicate, rows, op.input->schema);
    Rows out;
    for (size_t i = 0; i < rows.size(); ++i) {
      if (!truth[i].is_null() && truth[i].boolean())
        out.push_back(std::move(rows[i]));
    }
    return out;
  }

  Rows RunOp(const plan::Project& op, const plan::Node&) {
    Rows rows = Run(op.input);
    Rows out(rows.size());
    for (const ExprPtr& column : op.columns) {
      std::vector<Value> values = Column(column, rows, op.input->schema);
      for (size_t i = 0; i < rows.size(); ++i)
        out[i].push_back(std::move(values[i]));
    }
    return out;
  }

  Rows RunOp(const plan::Summarize& op, const plan::Node&) {
    Rows rows = Run(op.input);
    Rows keys(rows.size());
    for (const ExprPtr& key : op.keys) {
      std::vector<Value> values = Column(key, rows, op.input->schema);
      for (size_t i = 0; i < rows.size(); ++i)
        keys[i].push_back(std::move(values[i]));
    }
    RowIndex groups;
    std::vector<const Row*> order;
    for (size_t i = 0; i < rows.size(); ++i) {
      auto [group, is_new] = groups.try_emplace(keys[i]);
      if (is_new)
        order.push_back(&group->first);
      group->second.push_back(i);
    }
    if (rows.empty() && !op.by) {
      order.push_back(&groups.try_emplace(Row{}).first->first);
    }
    std::vector<std::vector<std::vector<Value>>> args;  // [aggregate][argument][row]
    for (const plan::Aggregate& aggregate : op.aggregates) {
      std::vector<std::vector<Value>>& columns = args.emplace_back();
      for (const ExprPtr& arg : aggregate.args)
        columns.push_back(Column(arg, rows, op.input->schema));
    }
    Rows out;
    for (const Row* key : order)
      out.push_back(Group(op, *key, groups.at(*key), args));
    return out;
  }

  static Row Group(const plan::Summarize& op,
                   const Row& key,
                   const std::vector<size_t>& members,
                   const std::vector<std::vector<std::vector<Value>>>& args) {
    Row row = key;
    for (size_t a = 0; a < op.aggregates.size(); ++a) {
      std::vector<std::vector<Value>> own(args[a].size());
      for (size_t c = 0; c < own.size(); ++c) {
        for (size_t member : members)
          own[c].push_back(args[a][c][member]);
      }
      for (Value& value : Aggregated(op.aggregates[a], own, members.size())) {
        row.push_back(std::move(value));
      }
    }
    return row;
  }

  Rows RunOp(const plan::Sort& op, const plan::Node&) {
    Rows rows = Run(op.input);
    std::vector<std::vector<Value>> keys;
    for (const plan::SortKey& key : op.keys) {
      keys.push_back(Column(key.value, rows, op.input->schema));
    }
    std::vector<size_t> order(rows.size());
    for (size_t i = 0; i < order.size(); ++i)
      order[i] = i;
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
      for (size_t k = 0; k < keys.size(); ++k) {
        const Value& x = keys[k][a];
        const Value& y = keys[k][b];
        if (x.is_null() != y.is_null())
          return x.is_null() == op.keys[k].nulls_first;
        auto compared = record::Compare(x, y);
        if (compared != 0)
          return op.keys[k].ascending ? compared < 0 : compared > 0;
      }
      return false;
    });
    Rows out;
    for (size_t i : order)
      out.push_back(std::move(rows[i]));
    return out;
  }

  Rows RunOp(const plan::Take& op, const plan::Node&) {
    Rows rows = Run(op.input);
    if (rows.size() > static_cast<size_t>(op.rows))
      rows.resize(static_cast<size_t>(op.rows));
    return rows;
  }

  Rows RunOp(const plan::Union& op, const plan::Node&) {
    Rows out;
    for (const NodePtr& input : op.inputs) {
      for (Row& row : Run(input))
        out.push_back(std::move(row));
    }
    return out;
  }

  // The key of a row; null when a part of it is null: such a row matches nothing.
  static std::optional<Row> KeyOf(const Row& row, const std::vector<size_t>& columns) {
    Row key;
    for (size_t column : columns) {
      if (row[column].is_null())
        return std::nullopt;
      key.push_back(row[column]);
    }
    return key;
  }

  static RowIndex IndexBy(const Rows& rows, const std::vector<size_t>& columns) {
    RowIndex index;
    for (size_t i = 0; i < rows.size(); ++i) {
      if (std::optional<Row> key = KeyOf(rows[i], columns))
        index[*key].push_back(i);
    }
    return index;
  }

  static bool Has(const RowIndex& index, const Row& row, const std::vector<size_t>& columns) {
    std::optional<Row> key = KeyOf(row, columns);
    return key && index.contains(*key);
  }

  Rows RunOp(const plan::Join& op, const plan::Node& node) {
    Rows left = Run(op.left);
    Rows right = Run(op.right);
    using plan::JoinKind;
    bool keep_matched = op.kind == JoinKind::kLeftSemi || op.kind == JoinKind::kRightSemi;
    Rows out;
    if (op.kind == JoinKind::kLeftSemi || op.kind == JoinKind::kLeftAnti) {
      RowIndex index = IndexBy(right, op.right_keys);
      for (Row& row : left) {
        if (Has(index, row, op.left_keys) == keep_matched)
          out.push_back(std::move(row));
      }
      return out;
    }
    if (op.kind == JoinKind::kRightSemi || op.kind == JoinKind::kRightAnti) {
      RowIndex index = IndexBy(left, op.left_keys);
      for (Row& row : right) {
        if (Has(index, row, op.right_keys) == keep_matched)
          out.push_back(std::move(row));
      }
      return out;
    }
    RowIndex index = IndexBy(right, op.right_keys);
    std::unordered_map<Row, bool, record::RowHash, record::RowEqual> taken;  // innerunique
    for (const Row& row : left) {
      std::optional<Row> key = KeyOf(row, op.left_keys);
      auto matches = key ? index.find(*key) : index.end();
      if (matches == index.end()) {
        if (op.kind != JoinKind::kLeftOuter)
          continue;
        Row joined = row;
        for (size_t c = row.size(); c < node.schema.columns.size(); ++c) {
          joined.push_back(Value::Null(node.schema.columns[c].type));
        }
        out.push_back(std::move(joined));
        continue;
      }
      if (op.kind == JoinKind::kInnerUnique && !taken.emplace(*key, true).second)
        continue;
      for (size_t match : matches->second) {
        Row joined = row;
        joined.insert(joined.end(), right[match].begin(), right[match].end());
        out.push_back(std::move(joined));
      }
    }
    return out;
  }

  const Tables& tables_;
  record::Ticks now_;
  eval::SubqueryResults subqueries_;
};

}  // namespace

std::vector<Row> Execute(const NodePtr& plan, const Tables& tables, record::Ticks now) {
  return Executor(tables, now).Run(plan);
}

}  // namespace keywatch::batch
