// A tree as KQL on one line. Everything goes through one Printer, which appends to a string.
#include "engine/kql/ast_printer.h"

#include <cstdio>
#include <string_view>

#include "engine/kql/vocabulary.h"

namespace keywatch::kql {
namespace {

class Printer {
 public:
  std::string Take() { return std::move(out_); }

  void Print(const Query& query) {
    for (const LetStatement& let : query.lets) {
      Add("let ");
      AddName(let.name);
      Add(" = ");
      if (!PrintMaterialize(*let.value))
        Print(*let.value);
      Add("; ");
    }
    if (query.body)
      Print(*query.body);
  }

  void Print(const Expr& expr) {
    std::visit([this](const auto& node) { Print(node); }, expr.node);
  }

 private:
  void Add(std::string_view text) { out_ += text; }

  template <typename List, typename Each>
  void AddList(const List& list, Each each) {
    bool first = true;
    for (const auto& item : list) {
      if (!first)
        Add(", ");
      first = false;
      each(item);
    }
  }

  void AddString(std::string_view text) {
    out_ += '"';
    for (char c : text) {
      unsigned char byte = static_cast<unsigned char>(c);
      if (c == '"' || c == '\\') {
        out_ += '\\';
        out_ += c;
      } else if (byte < 0x20 || byte == 0x7F) {
        char escape[8];
        std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(byte));
        out_ += escape;
      } else {
        out_ += c;
      }
    }
    out_ += '"';
  }

  void AddName(std::string_view name) {
    if (IsPlainName(name)) {
      Add(name);
      return;
    }
    out_ += '[';
    AddString(name);
    out_ += ']';
  }

  // A name that may hold wildcards.
  void AddPattern(const std::string& pattern) {
    if (pattern.find('*') == std::string::npos) {
      AddName(pattern);
    } else {
      Add(pattern);
    }
  }

  void Print(const Literal& literal) {
    if (literal.kind == LiteralKind::kString) {
      AddString(literal.text);
    } else if (literal.kind == LiteralKind::kNull) {
      Add(in_dynamic_ ? "null" : "dynamic(null)");
    } else if (literal.typed_call) {
      Add(TypeName(literal.kind));
      Add("(");
      Add(literal.text);
      Add(")");
    } else {
      Add(literal.text);
    }
  }

  static std::string_view TypeName(LiteralKind kind) {
    switch (kind) {
      case LiteralKind::kBool:
        return "bool";
      case LiteralKind::kInt:
        return "int";
      case LiteralKind::kLong:
        return "long";
      case LiteralKind::kReal:
        return "real";
      case LiteralKind::kDecimal:
        return "decimal";
      case LiteralKind::kDatetime:
        return "datetime";
      case LiteralKind::kTimespan:
        return "timespan";
      case LiteralKind::kGuid:
        return "guid";
      case LiteralKind::kString:
      case LiteralKind::kNull:
        break;
    }
    return "";
  }

  void Print(const Name& name) { AddName(name.text); }
  void Print(const Star&) { Add("*"); }

  void Print(const Unary& unary) {
    out_ += '(';
    out_ += unary.op;
    Print(*unary.operand);
    out_ += ')';
  }

  void Print(const Binary& binary) {
    Add("(");
    Print(*binary.left);
    Add(" ");
    Add(binary.op);
    Add(" ");
    Print(*binary.right);
    Add(")");
  }

  void Print(const InList& list) {
    Add("(");
    Print(*list.left);
    Add(" ");
    Add(list.op);
    Add(" (");
    AddList(list.items, [this](const ExprPtr& item) { Print(*item); });
    Add("))");
  }

  void Print(const Between& between) {
    Add("(");
    Print(*between.operand);
    Add(between.negated ? " !between (" : " between (");
    Print(*between.low);
    Add(" .. ");
    Print(*between.high);
    Add("))");
  }

  void Print(const Call& call) {
    Add(call.function);
    Add("(");
    AddList(call.arguments, [this](const Argument& argument) {
      if (!argument.name.empty()) {
        AddName(argument.name);
        Add(" = ");
      }
      Print(*argument.value);
    });
    Add(")");
  }

  // What stands before . or [: literals in parentheses, so that 1.b is not cut as a number.
  void PrintObject(const Expr& object) {
    bool bare = !std::holds_alternative<Literal>(object.node);
    if (!bare)
      Add("(");
    Print(object);
    if (!bare)
      Add(")");
  }

  void Print(const Member& member) {
    PrintObject(*member.object);
    Add(".");
    AddName(member.name);
  }

  void Print(const Index& index) {
    PrintObject(*index.object);
    Add("[");
    Print(*index.index);
    Add("]");
  }

  void Print(const Subquery& subquery) { PrintParenthesised(*subquery.pipeline); }

  void Print(const ToScalar& to_scalar) {
    Add("toscalar");
    PrintParenthesised(*to_scalar.pipeline);
  }

  void Print(const TypeOf& type_of) {
    Add("typeof(");
    Add(type_of.type);
    Add(")");
  }

  // dynamic( .. ) around the outermost JSON value.
  template <typename Body>
  void AddDynamic(Body body) {
    bool outermost = !in_dynamic_;
    in_dynamic_ = true;
    if (outermost)
      Add("dynamic(");
    body();
    if (outermost)
      Add(")");
    in_dynamic_ = !outermost;
  }

  void Print(const DynamicArray& array) {
    AddDynamic([&] {
      Add("[");
      AddList(array.elements, [this](const ExprPtr& element) { Print(*element); });
      Add("]");
    });
  }

  void Print(const DynamicBag& bag) {
    AddDynamic([&] {
      Add("{");
      AddList(bag.members, [this](const auto& member) {
        AddString(member.first);
        Add(": ");
        Print(*member.second);
      });
      Add("}");
    });
  }

  void Print(const DynamicScalar& scalar) {
    AddDynamic([&] { Print(*scalar.literal); });
  }

  // let x = materialize(..), which has no place elsewhere.
  bool PrintMaterialize(const Expr& expr) {
    const auto* subquery = std::get_if<Subquery>(&expr.node);
    if (subquery == nullptr)
      return false;
    const auto* paren = std::get_if<ParenSource>(&subquery->pipeline->source.node);
    if (paren == nullptr || !paren->materialize)
      return false;
    Add("materialize");
    PrintParenthesised(*paren->pipeline);
    return true;
  }

  void PrintParenthesised(const Pipeline& pipeline) {
    Add("(");
    Print(pipeline);
    Add(")");
  }

  void Print(const Pipeline& pipeline) {
    std::visit([this](const auto& node) { Print(node); }, pipeline.source.node);
    for (const Operator& op : pipeline.operators) {
      Add(" | ");
      Add(op.name);
      std::visit([this](const auto& node) { Print(node); }, op.node);
    }
  }

  void Print(const TableSource& table) { AddPattern(table.name); }
  void Print(const CallSource& source) { Print(source.call); }
  void Print(const ParenSource& paren) { PrintParenthesised(*paren.pipeline); }

  void Print(const DatatableSource& table) {
    Add("datatable(");
    AddList(table.columns, [this](const ColumnDecl& column) {
      AddName(column.name);
      Add(":");
      Add(column.type);
    });
    Add(")[");
    AddList(table.cells, [this](const ExprPtr& cell) { PrintCell(*cell); });
    Add("]");
  }

  // A cell takes no parentheses.
  void PrintCell(const Expr& cell) {
    if (const auto* unary = std::get_if<Unary>(&cell.node)) {
      out_ += unary->op;
      Print(*unary->operand);
    } else {
      Print(cell);
    }
  }

  void Print(const PrintSource& print) {
    Add("print ");
    AddList(print.columns, [this](const NamedExpr& named) { PrintNamed(named); });
  }

  void Print(const RangeSource& range) {
    Add("range ");
    AddName(range.column);
    Add(" from ");
    Print(*range.from);
    Add(" to ");
    Print(*range.to);
    Add(" step ");
    Print(*range.step);
  }

  void Print(const UnionSource& source) {
    Add("union");
    Print(source.op);
  }

  void PrintNamed(const NamedExpr& named) {
    if (named.names.size() > 1)
      Add("(");
    AddList(named.names, [this](const std::string& name) { AddName(name); });
    if (named.names.size() > 1)
      Add(")");
    if (!named.names.empty())
      Add(" = ");
    Print(*named.value);
  }

  void PrintNamedList(const std::vector<NamedExpr>& list) {
    if (!list.empty())
      Add(" ");
    AddList(list, [this](const NamedExpr& named) { PrintNamed(named); });
  }

  void Print(const WhereOp& where) {
    Add(" ");
    Print(*where.predicate);
  }
  void Print(const ExtendOp& extend) { PrintNamedList(extend.columns); }
  void Print(const ProjectOp& project) { PrintNamedList(project.columns); }

  void PrintPatterns(const std::vector<ColumnPattern>& columns) {
    if (!columns.empty())
      Add(" ");
    AddList(columns, [this](const ColumnPattern& column) {
      AddPattern(column.pattern);
      if (!column.order.empty())
        Add(" ");
      Add(column.order);
    });
  }
  void Print(const ProjectAwayOp& project) { PrintPatterns(project.columns); }
  void Print(const ProjectReorderOp& project) { PrintPatterns(project.columns); }

  void Print(const ProjectRenameOp& project) {
    if (!project.columns.empty())
      Add(" ");
    AddList(project.columns, [this](const Rename& rename) {
      AddName(rename.to);
      Add(" = ");
      AddName(rename.from);
    });
  }

  void Print(const SummarizeOp& summarize) {
    PrintNamedList(summarize.aggregates);
    if (!summarize.by.empty())
      Add(" by");
    PrintNamedList(summarize.by);
  }

  void Print(const DistinctOp& distinct) {
    if (distinct.all)
      Add(" *");
    PrintNamedList(distinct.columns);
  }

  void Print(const CountOp&) {}

  void Print(const Ordered& ordered) {
    Print(*ordered.value);
    if (ordered.ascending)
      Add(*ordered.ascending ? " asc" : " desc");
    if (ordered.nulls_first)
      Add(*ordered.nulls_first ? " nulls first" : " nulls last");
  }

  void Print(const SortOp& sort) {
    Add(" by ");
    AddList(sort.by, [this](const Ordered& ordered) { Print(ordered); });
  }

  void Print(const TopOp& top) {
    Add(" ");
    Print(*top.rows);
    Add(" by ");
    Print(top.by);
  }

  void Print(const TakeOp& take) {
    Add(" ");
    Print(*take.rows);
  }

  void Print(const JoinOp& join) {
    if (!join.kind.empty())
      Add(" kind=");
    Add(join.kind);
    Add(" ");
    PrintTable(*join.right);
    Add(" on ");
    AddList(join.on, [this](const JoinCondition& condition) {
      if (!condition.by_sides) {
        AddName(condition.left);
        return;
      }
      Add("$left.");
      AddName(condition.left);
      Add(" == $right.");
      AddName(condition.right);
    });
  }

  // A bare table stays bare: only so may it hold wildcards.
  void PrintTable(const Pipeline& pipeline) {
    bool bare =
        pipeline.operators.empty() && std::holds_alternative<TableSource>(pipeline.source.node);
    if (bare) {
      Print(pipeline);
    } else {
      PrintParenthesised(pipeline);
    }
  }

  void Print(const UnionOp& op) {
    if (!op.kind.empty())
      Add(" kind=");
    Add(op.kind);
    if (op.is_fuzzy)
      Add(" isfuzzy=true");
    if (!op.with_source.empty()) {
      Add(" withsource=");
      AddName(op.with_source);
    }
    Add(" ");
    AddList(op.inputs, [this](const PipelinePtr& input) { PrintTable(*input); });
  }

  void Print(const AsOp& as) {
    Add(" ");
    AddName(as.name);
  }

  void Print(const RenderOp&) { Add(" table"); }
  void Print(const UnsupportedOp&) { Add(" .."); }

  std::string out_;
  bool in_dynamic_ = false;
};

}  // namespace

std::string Print(const Query& query) {
  Printer printer;
  printer.Print(query);
  return printer.Take();
}

std::string Print(const Expr& expr) {
  Printer printer;
  printer.Print(expr);
  return printer.Take();
}

}  // namespace keywatch::kql
