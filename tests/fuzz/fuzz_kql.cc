// Any bytes as a query: no crash, every span inside the text, and what parses without a mistake
// prints as text that parses to the same print. What binds is optimized and runs over empty tables:
// no crash, the same columns, and as many rows as without the optimizer.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <type_traits>

#include "engine/batch/executor.h"
#include "engine/bind/binder.h"
#include "engine/kql/ast_printer.h"
#include "engine/kql/parser.h"
#include "engine/optimize/optimize.h"

namespace keywatch::kql {
namespace {

void Require(bool holds, const char* what, const std::string& text) {
  if (holds)
    return;
  std::fprintf(stderr, "%s\n%s\n", what, text.c_str());
  std::abort();
}

// Walks the whole tree and holds every span against the length of the text.
class SpanCheck {
 public:
  explicit SpanCheck(const std::string& text) : text_(text) {}

  void Check(SourceSpan span) {
    bool inside = span.offset <= text_.size() && span.length <= text_.size() - span.offset;
    Require(inside, "a span leaves the text", text_);
  }

  void Check(const Query& query) {
    for (const LetStatement& let : query.lets) {
      Check(let.name_span);
      Check(let.value);
    }
    Check(query.body);
  }

 private:
  void Check(const ExprPtr& expr) {
    if (!expr)
      return;
    Check(expr->span);
    Require(expr->height >= 1 && expr->height <= kMaxHeight, "a height is wrong", text_);
    std::visit([this](const auto& node) { Walk(node); }, expr->node);
  }

  void Check(const PipelinePtr& pipeline) {
    if (!pipeline)
      return;
    Check(pipeline->span);
    Check(pipeline->source.span);
    std::visit([this](const auto& node) { Walk(node); }, pipeline->source.node);
    for (const Operator& op : pipeline->operators) {
      Check(op.span);
      Check(op.name_span);
      std::visit([this](const auto& node) { Walk(node); }, op.node);
    }
  }

  void Check(const std::vector<NamedExpr>& list) {
    for (const NamedExpr& named : list) {
      Check(named.name_span);
      Check(named.value);
    }
  }

  template <typename Node>
  void Walk(const Node& node) {
    if constexpr (std::is_same_v<Node, Unary>) {
      Check(node.operand);
    } else if constexpr (std::is_same_v<Node, Binary>) {
      Check(node.op_span);
      Check(node.left);
      Check(node.right);
    } else if constexpr (std::is_same_v<Node, InList>) {
      Check(node.op_span);
      Check(node.left);
      for (const ExprPtr& item : node.items)
        Check(item);
    } else if constexpr (std::is_same_v<Node, Between>) {
      Check(node.op_span);
      Check(node.operand);
      Check(node.low);
      Check(node.high);
    } else if constexpr (std::is_same_v<Node, Call>) {
      Check(node.function_span);
      for (const Argument& argument : node.arguments)
        Check(argument.value);
    } else if constexpr (std::is_same_v<Node, CallSource>) {
      Walk(node.call);
    } else if constexpr (std::is_same_v<Node, Member>) {
      Check(node.object);
    } else if constexpr (std::is_same_v<Node, Index>) {
      Check(node.object);
      Check(node.index);
    } else if constexpr (std::is_same_v<Node, Subquery> || std::is_same_v<Node, ToScalar> ||
                         std::is_same_v<Node, ParenSource>) {
      Check(node.pipeline);
    } else if constexpr (std::is_same_v<Node, DynamicArray>) {
      for (const ExprPtr& element : node.elements)
        Check(element);
    } else if constexpr (std::is_same_v<Node, DynamicBag>) {
      for (const auto& member : node.members)
        Check(member.second);
    } else if constexpr (std::is_same_v<Node, DatatableSource>) {
      for (const ColumnDecl& column : node.columns)
        Check(column.span);
      for (const ExprPtr& cell : node.cells)
        Check(cell);
    } else if constexpr (std::is_same_v<Node, RangeSource>) {
      Check(node.from);
      Check(node.to);
      Check(node.step);
    } else if constexpr (std::is_same_v<Node, UnionSource>) {
      Walk(node.op);
    } else {
      WalkOperator(node);
    }
  }

  template <typename Node>
  void WalkOperator(const Node& node) {
    if constexpr (std::is_same_v<Node, WhereOp>) {
      Check(node.predicate);
    } else if constexpr (std::is_same_v<Node, ExtendOp> || std::is_same_v<Node, ProjectOp> ||
                         std::is_same_v<Node, DistinctOp> || std::is_same_v<Node, PrintSource>) {
      Check(node.columns);
    } else if constexpr (std::is_same_v<Node, SummarizeOp>) {
      Check(node.aggregates);
      Check(node.by);
    } else if constexpr (std::is_same_v<Node, ProjectAwayOp> ||
                         std::is_same_v<Node, ProjectReorderOp> ||
                         std::is_same_v<Node, ProjectRenameOp>) {
      for (const auto& column : node.columns)
        Check(column.span);
    } else if constexpr (std::is_same_v<Node, SortOp>) {
      for (const Ordered& ordered : node.by)
        Check(ordered.value);
    } else if constexpr (std::is_same_v<Node, TopOp>) {
      Check(node.rows);
      Check(node.by.value);
    } else if constexpr (std::is_same_v<Node, TakeOp>) {
      Check(node.rows);
    } else if constexpr (std::is_same_v<Node, JoinOp>) {
      Check(node.kind_span);
      Check(node.right);
      for (const JoinCondition& condition : node.on)
        Check(condition.span);
    } else if constexpr (std::is_same_v<Node, UnionOp>) {
      for (const PipelinePtr& input : node.inputs)
        Check(input);
    }
  }

  const std::string& text_;
};

void CheckOne(const SourceText& source) {
  Diagnostics diagnostics;
  Query query = Parse(source, &diagnostics);
  SpanCheck spans(source.text);
  for (const Diagnostic& diagnostic : diagnostics.all())
    spans.Check(diagnostic.span);
  spans.Check(query);
  Format(source, diagnostics);
  if (diagnostics.has_errors())
    return;
  Require(query.body != nullptr, "no result and no error", source.text);
  SourceText printed{"<printed>", Print(query), 1, 0};
  Diagnostics again;
  Query reparsed = Parse(printed, &again);
  Require(!again.has_errors(), "the printed text does not parse", printed.text);
  Require(Print(reparsed) == printed.text, "the printed text prints otherwise", printed.text);
}

// Tables of the seeds, beside the shipped ones.
const record::SchemaCatalog& Catalog() {
  static const record::SchemaCatalog catalog = [] {
    record::SchemaCatalog built = record::SchemaCatalog::Builtin();
    const char* csv =
        "column,type,source,storage,meaning\n"
        "a,long,,,\nb,bool,,,\nc,real,,,\nd,dynamic,,,\ns,string,,,\nt,datetime,,,\nu,timespan,,,\n"
        "i,int,,,\ng,guid,,,\n";
    for (const char* name : {"T", "U"})
      Require(built.AddCsv(name, csv).ok(), "the tables are right", csv);
    return built;
  }();
  return catalog;
}

void BindAndRun(const SourceText& source) {
  Diagnostics diagnostics;
  Query query = Parse(source, &diagnostics);
  if (diagnostics.has_errors())
    return;
  plan::NodePtr plan = bind::Bind(query, Catalog(), &diagnostics);
  Require((plan == nullptr) == diagnostics.has_errors(), "a plan or an error", source.text);
  SpanCheck spans(source.text);
  for (const Diagnostic& diagnostic : diagnostics.all())
    spans.Check(diagnostic.span);
  if (plan == nullptr)
    return;
  plan::NodePtr optimized = optimize::Optimize(plan);
  Require(optimized->schema == plan->schema, "the optimizer changes columns", source.text);
  // A long range is slow, not wrong.
  if (source.text.find("range") != std::string::npos)
    return;
  Require(batch::Execute(plan, {}, 0).size() == batch::Execute(optimized, {}, 0).size(),
          "the optimizer changes rows",
          source.text);
}

}  // namespace
}  // namespace keywatch::kql

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string text(reinterpret_cast<const char*>(data), size);
  keywatch::SourceText source{"<fuzz>", std::move(text), 1, 0};
  keywatch::kql::CheckOne(source);
  keywatch::kql::BindAndRun(source);
  return 0;
}
