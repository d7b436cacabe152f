// The binder's working state; private to engine/bind. One function per tree node; a function that
// reported an error returns null, and whoever gets null passes it on in silence.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/bind/binder.h"
#include "engine/plan/function_catalog.h"

namespace keywatch::bind {

// The columns an expression may name, and what is allowed in it.
struct Scope {
  const record::Schema* columns = nullptr;  // null: no row (let, print, toscalar)
  // In summarize, outside an aggregate: aggregates met are collected here and replaced by a
  // reference to their output; the columns can be named inside their arguments only.
  struct Aggregates {
    std::vector<plan::Aggregate> found;
    std::vector<record::Column> outputs;  // type of the first output of each
    std::vector<SourceSpan> spans;
  };
  Aggregates* aggregates = nullptr;
};

// What summarize gives beside its keys, as it is collected.
struct SummarizeOutputs {
  struct Output {
    std::string name;       // "" for Column1, ..
    bool declared = false;  // the author named it
    plan::ExprPtr value;    // its columns are numbers of `found`
  };
  Scope::Aggregates found;
  std::vector<Output> outputs;
};

// The columns of a result as they are collected. A name that the author wrote (`n = x`, or the bare
// column `n`) may come once; a derived name that is taken gets the next free number.
struct OutputColumns {
  record::Schema schema;
  std::vector<plan::ExprPtr> columns;
  std::vector<std::string> declared;
  int unnamed = 0;  // Column1, Column2, ..

  // False, and nothing is added, when the name was declared before.
  bool Declare(const std::string& name, plan::ExprPtr value);
  void AddDerived(const std::string& name, plan::ExprPtr value);
};

class Binder {
 public:
  Binder(const record::SchemaCatalog& catalog, Diagnostics* diagnostics)
      : catalog_(catalog), diagnostics_(diagnostics) {}

  plan::NodePtr BindQuery(const kql::Query& query);

 private:
  struct Let {
    plan::ExprPtr scalar;
    plan::NodePtr table;  // both null: its definition had an error
  };

  // binder.cc: statements and sources
  void BindLet(const kql::LetStatement& let);
  plan::NodePtr BindPipeline(const kql::Pipeline& pipeline);
  plan::NodePtr BindSource(const kql::Source& source);
  plan::NodePtr BindTable(const std::string& name, SourceSpan span);
  plan::NodePtr BindDatatable(const kql::DatatableSource& source, SourceSpan span);
  plan::NodePtr BindWatchlist(const kql::Call& call, SourceSpan span);
  plan::NodePtr BindPrint(const kql::PrintSource& source, SourceSpan span);
  plan::NodePtr BindRange(const kql::RangeSource& source, SourceSpan span);
  // Null without a report if the name is neither a let table nor a table of the catalog.
  plan::NodePtr FindTable(const std::string& name, bool* known) const;

  // bind_operator.cc: operators
  plan::NodePtr BindOperator(const kql::Operator& op, const plan::NodePtr& input);
  plan::NodePtr BindWhere(const kql::WhereOp& op, SourceSpan span, const plan::NodePtr& input);
  plan::NodePtr BindExtend(const kql::ExtendOp& op, SourceSpan span, const plan::NodePtr& input);
  plan::NodePtr BindProject(const std::vector<kql::NamedExpr>& columns,
                            SourceSpan span,
                            const plan::NodePtr& input);
  plan::NodePtr BindProjectAway(const kql::ProjectAwayOp& op,
                                SourceSpan span,
                                const plan::NodePtr& input);
  plan::NodePtr BindProjectRename(const kql::ProjectRenameOp& op,
                                  SourceSpan span,
                                  const plan::NodePtr& input);
  plan::NodePtr BindProjectReorder(const kql::ProjectReorderOp& op,
                                   SourceSpan span,
                                   const plan::NodePtr& input);
  plan::NodePtr BindDistinct(const kql::DistinctOp& op,
                             SourceSpan span,
                             const plan::NodePtr& input);
  plan::NodePtr BindCount(SourceSpan span, const plan::NodePtr& input);
  plan::NodePtr BindSort(const kql::SortOp& op, SourceSpan span, const plan::NodePtr& input);
  plan::NodePtr BindTop(const kql::TopOp& op, SourceSpan span, const plan::NodePtr& input);
  plan::NodePtr BindTake(const kql::TakeOp& op, SourceSpan span, const plan::NodePtr& input);
  bool AddColumn(const kql::NamedExpr& named,
                 std::string derived,
                 plan::ExprPtr value,
                 OutputColumns* out);
  std::optional<plan::SortKey> BindSortKey(const kql::Ordered& ordered, const plan::NodePtr& input);
  std::optional<int64_t> BindRowCount(const kql::Expr& expr, const plan::NodePtr& input);

  // bind_join.cc: operators with two inputs
  plan::NodePtr BindJoin(const kql::JoinOp& op, SourceSpan span, const plan::NodePtr& left);
  plan::NodePtr BindUnion(const kql::UnionOp& op, SourceSpan span, const plan::NodePtr& first);

  // bind_summarize.cc
  plan::NodePtr BindSummarize(const kql::SummarizeOp& op,
                              SourceSpan span,
                              const plan::NodePtr& input);
  plan::ExprPtr BindAggregate(const kql::Call& call, SourceSpan span, const Scope& scope);
  // arg_max, arg_min: one output per value; false when an error was reported.
  bool BindArgExtreme(const kql::NamedExpr& named,
                      const kql::Call& call,
                      const record::Schema& columns,
                      const record::Schema& keys,
                      SummarizeOutputs* outputs);
  bool BindOutput(const kql::NamedExpr& named,
                  const record::Schema& columns,
                  SummarizeOutputs* outputs);

  // bind_expr.cc: scalars
  plan::ExprPtr BindExpr(const kql::Expr& expr, const Scope& scope);
  plan::ExprPtr BindBool(const kql::Expr& expr, const Scope& scope);
  plan::ExprPtr BindLiteral(const kql::Literal& literal, SourceSpan span);
  plan::ExprPtr BindName(const kql::Name& name, SourceSpan span, const Scope& scope);
  plan::ExprPtr BindBinary(const kql::Binary& binary, SourceSpan span, const Scope& scope);
  plan::ExprPtr BindInList(const kql::InList& in, SourceSpan span, const Scope& scope);
  plan::ExprPtr BindBetween(const kql::Between& between, SourceSpan span, const Scope& scope);
  plan::ExprPtr BindUnary(const kql::Unary& unary, SourceSpan span, const Scope& scope);
  plan::ExprPtr BindPath(const kql::Expr& object,
                         plan::ExprPtr step,
                         SourceSpan span,
                         const Scope& scope);
  plan::ExprPtr BindDynamic(const kql::Expr& expr);
  std::optional<record::Dynamic> DynamicOf(const kql::Expr& expr);

  // bind_call.cc: function calls
  plan::ExprPtr BindCall(const kql::Call& call, SourceSpan span, const Scope& scope);
  plan::ExprPtr BindCase(const kql::Call& call, SourceSpan span, const Scope& scope);
  bool CheckDatetimePart(const kql::Call& call);
  plan::ExprPtr BindColumnIfExists(const kql::Call& call, SourceSpan span, const Scope& scope);
  plan::ExprPtr BindClock(const std::string& name,
                          const std::vector<plan::ExprPtr>& args,
                          SourceSpan span);
  plan::ExprPtr BindKnownCall(const plan::FunctionInfo& info,
                              const std::string& name,
                              std::vector<plan::ExprPtr> args,
                              SourceSpan span);
  // The first `count` arguments.
  std::optional<std::vector<plan::ExprPtr>> BindArguments(const kql::Call& call,
                                                          size_t count,
                                                          SourceSpan span,
                                                          const Scope& scope);

  plan::ExprPtr Error(SourceSpan span, std::string message, std::string hint = "");
  plan::NodePtr TableError(SourceSpan span, std::string message, std::string hint = "");

  const record::SchemaCatalog& catalog_;
  Diagnostics* diagnostics_;
  std::map<std::string, Let, std::less<>> lets_;
};

// The name KQL gives an unnamed expression: the column it reads, `dy_a` for dy.a, the argument's
// name for conversions; "" when it is Column1, Column2, ..
std::string DerivedName(const kql::Expr& expr, const record::Schema& input);

// Adds `column`; the name gets the next free number when it is taken.
void AddUnique(record::Column column, record::Schema* schema);

// Pass-through expressions for all columns of `schema`.
std::vector<plan::ExprPtr> AllColumns(const record::Schema& schema);

// Whether `name` matches a pattern with `*` wildcards.
bool MatchesPattern(std::string_view pattern, std::string_view name);

}  // namespace keywatch::bind
