// Function calls: the catalog checks and types most of them; the few with rules of their own
// follow.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "engine/bind/binder_impl.h"
#include "engine/bind/type_rules.h"
#include "engine/plan/function_catalog.h"

namespace keywatch::bind {

using plan::ExprPtr;
using record::Type;
using record::Value;

std::optional<std::vector<ExprPtr>> Binder::BindArguments(const kql::Call& call,
                                                          size_t count,
                                                          SourceSpan span,
                                                          const Scope& scope) {
  std::vector<ExprPtr> args;
  bool ok = true;
  for (size_t i = 0; i < count; ++i) {
    const kql::Argument& argument = call.arguments[i];
    if (!argument.name.empty()) {
      Error(span, fmt::format("{} takes no named arguments", call.function));
      return std::nullopt;
    }
    args.push_back(BindExpr(*argument.value, scope));
    ok = ok && args.back() != nullptr;
  }
  if (!ok)
    return std::nullopt;
  return args;
}

namespace {

// The argument of an address function that is a constant array, bag or word where one address is
// wanted as text; null if there is none. Only the sole range of ipv4_is_in_any_range may be an
// array.
ExprPtr MisplacedConstant(const plan::FunctionInfo& info, const std::vector<ExprPtr>& args) {
  const bool list = info.name == "ipv4_is_in_any_range";
  for (size_t i = list ? 1 : 0; i < args.size(); ++i) {
    if (!plan::IsLiteral(args[i]) || args[i]->type != Type::kDynamic || args[i]->literal.is_null())
      continue;
    if (!list || args.size() != 2 || args[i]->literal.dynamic()->array() == nullptr)
      return args[i];
  }
  return nullptr;
}

// The extra checks and result types of functions whose rule is not in the catalog; null: undefined.
std::optional<Type> SpecialType(const plan::FunctionInfo& info, const std::vector<ExprPtr>& args) {
  if (info.name == "bin")
    return BinType(args[0]->type, args[1]->type);
  if (info.name == "abs") {
    Type type = args[0]->type;
    if (type == Type::kInt)
      return Type::kLong;
    if (record::IsNumeric(type) || type == Type::kTimespan)
      return type;
    return std::nullopt;
  }
  if (info.name == "parse_json") {
    Type type = args[0]->type;
    if (type != Type::kString && type != Type::kDynamic)
      return std::nullopt;
    return Type::kDynamic;
  }
  if (info.name == "iff")
    return MergedType(args[1]->type, args[2]->type);
  if (info.name == "coalesce") {
    std::optional<Type> type = args[0]->type;
    for (const ExprPtr& arg : args) {
      if (type)
        type = plan::CommonType(*type, arg->type);
    }
    return type;
  }
  return info.rule == plan::ResultRule::kFirstArg ? args[0]->type : info.result;
}

// The same for every row and every instant but now().
bool IsConstant(const ExprPtr& expr) {
  return !plan::AnyOf(expr, [](const plan::Expr& e) {
    return e.kind != plan::ExprKind::kLiteral && e.kind != plan::ExprKind::kNow &&
           e.kind != plan::ExprKind::kCall;
  });
}

std::string ArgumentTypes(const std::vector<ExprPtr>& args) {
  std::string out;
  for (const ExprPtr& arg : args) {
    out += (out.empty() ? "" : ", ") + std::string(record::TypeName(arg->type));
  }
  return out;
}

}  // namespace

ExprPtr Binder::BindCall(const kql::Call& call, SourceSpan span, const Scope& scope) {
  const std::string& name = call.function;
  if (name == "case")
    return BindCase(call, span, scope);
  if (name == "datetime_part" && !CheckDatetimePart(call))
    return nullptr;
  if (name == "column_ifexists" || name == "columnifexists") {
    return BindColumnIfExists(call, span, scope);
  }
  if (plan::FindAggregate(name) != nullptr) {
    if (scope.aggregates != nullptr)
      return BindAggregate(call, span, scope);
    return Error(call.function_span,
                 fmt::format("the aggregate {} is only allowed in summarize", name));
  }
  const plan::FunctionInfo* info = plan::FindFunction(name);
  if (info == nullptr && name != "now" && name != "ingestion_time") {
    std::vector<std::string> known = plan::FunctionNames();
    std::string near = Nearest(name, known);
    return Error(call.function_span,
                 fmt::format("this function is not supported: {}", name),
                 near.empty() ? "docs/language.md lists the supported functions"
                              : fmt::format("did you mean {}?", near));
  }
  const kql::TypeOf* type_of = nullptr;
  if (name == "extract" && call.arguments.size() == 4) {
    type_of = std::get_if<kql::TypeOf>(&call.arguments[3].value->node);
  }
  std::optional<std::vector<ExprPtr>> args =
      BindArguments(call, type_of != nullptr ? 3 : call.arguments.size(), span, scope);
  if (!args)
    return nullptr;
  if (info == nullptr)
    return BindClock(name, *args, span);
  ExprPtr result = BindKnownCall(*info, name, std::move(*args), span);
  if (type_of == nullptr || result == nullptr)
    return result;
  // extract(regex, group, text, typeof(T)): the text is converted.
  const plan::FunctionInfo* convert = plan::FindFunction("to" + type_of->type);
  std::optional<Type> type = record::TypeFromName(type_of->type);
  if (convert == nullptr || !type) {
    return Error(call.arguments[3].value->span,
                 fmt::format("extract as {} is not supported yet", type_of->type));
  }
  return plan::CallOf(std::string(convert->name), *type, {std::move(result)}, span);
}

// now() and ingestion_time(): no functions of their arguments.
ExprPtr Binder::BindClock(const std::string& name,
                          const std::vector<ExprPtr>& args,
                          SourceSpan span) {
  if (name == "now") {
    if (args.empty())
      return plan::Now(span);
    if (args.size() == 1 && args[0]->type == Type::kTimespan) {
      return plan::CallOf("+", Type::kDatetime, {plan::Now(span), args[0]}, span);
    }
    return Error(span, "now takes nothing or a timespan");
  }
  if (!args.empty())
    return Error(span, "ingestion_time takes no argument");
  auto time = std::make_shared<plan::Expr>();
  time->kind = plan::ExprKind::kIngestionTime;
  time->type = Type::kDatetime;
  time->span = span;
  return time;
}

// A function of the catalog, `name` as the author wrote it: arguments and result type.
ExprPtr Binder::BindKnownCall(const plan::FunctionInfo& info,
                              const std::string& name,
                              std::vector<ExprPtr> args,
                              SourceSpan span) {
  size_t most = info.variadic ? info.most : info.params.size();
  if ((info.name == "indexof" || info.name == "countof") && args.size() > most) {
    return Error(span,
                 fmt::format("{} with more than {} arguments is not supported yet", name, most));
  }
  if (args.size() < info.required || args.size() > most) {
    std::string takes = info.required == most ? fmt::format("{}", most)
                                              : fmt::format("{} to {}", info.required, most);
    return Error(
        span,
        fmt::format(
            "{} takes {} argument{}, found {}", name, takes, takes == "1" ? "" : "s", args.size()));
  }
  for (size_t i = 0; i < args.size(); ++i) {
    plan::Param param = info.params[std::min(i, info.params.size() - 1)];
    bool varies = param == plan::Param::kStringLiteral && !IsConstant(args[i]);
    if (plan::Accepts(param, args[i]->type) && !varies)
      continue;
    if (varies)
      return Error(args[i]->span, fmt::format("argument {} of {} must be a constant", i + 1, name));
    return Error(args[i]->span,
                 fmt::format("argument {} of {} must be {}, this is {}",
                             i + 1,
                             name,
                             plan::ParamName(param),
                             record::TypeName(args[i]->type)));
  }
  if (info.name.starts_with("ipv4_")) {
    if (ExprPtr constant = MisplacedConstant(info, args)) {
      return Error(constant->span,
                   fmt::format("this argument of {} must be string, not a dynamic constant", name),
                   "ipv4_is_in_any_range takes one array of ranges");
    }
  }
  std::optional<Type> type = SpecialType(info, args);
  if (!type) {
    return Error(span, fmt::format("{} is not defined for {}", name, ArgumentTypes(args)));
  }
  if (info.name == "ago") {
    return plan::CallOf("-", Type::kDatetime, {plan::Now(span), args[0]}, span);
  }
  return plan::CallOf(std::string(info.name), *type, std::move(args), span);
}

// Which part is wanted stands in the query, as a literal.
bool Binder::CheckDatetimePart(const kql::Call& call) {
  if (call.arguments.size() != 2)
    return true;  // the catalog says so
  const kql::Expr& part = *call.arguments[0].value;
  const auto* literal = std::get_if<kql::Literal>(&part.node);
  if (literal == nullptr) {
    Error(part.span, "argument 1 of datetime_part must be a string literal");
  } else if (literal->kind == kql::LiteralKind::kString && !plan::FindDatetimePart(literal->text)) {
    Error(part.span,
          fmt::format("argument 1 of datetime_part must be one of {}", plan::DatetimePartNames()));
  } else {
    return true;
  }
  return false;
}

ExprPtr Binder::BindCase(const kql::Call& call, SourceSpan span, const Scope& scope) {
  std::optional<std::vector<ExprPtr>> args =
      BindArguments(call, call.arguments.size(), span, scope);
  if (!args)
    return nullptr;
  if (args->size() < 3 || args->size() % 2 == 0) {
    return Error(span, "case takes pairs of a condition and a value, then a default");
  }
  // One type for all values, so that nested choices cannot differ from it.
  ExprPtr result = args->back();
  Type type = result->type;
  for (size_t i = 1; i + 1 < args->size(); i += 2) {
    const Type other = (*args)[i]->type;
    bool apart =
        type != Type::kDynamic && other != Type::kDynamic && !plan::CommonType(type, other);
    type = MergedType(type, other);
    if (!apart)
      continue;
    type = Type::kDynamic;
    break;
  }
  for (size_t i = args->size() - 1; i >= 2; i -= 2) {
    const ExprPtr& condition = (*args)[i - 2];
    if (condition->type != Type::kBool) {
      return Error(
          condition->span,
          fmt::format("a condition must be bool, this is {}", record::TypeName(condition->type)));
    }
    result = plan::CallOf("iff", type, {condition, (*args)[i - 1], result}, span);
  }
  return result;
}

// Decided at load time against the declared schema: the column if the table has it, else the
// default.
ExprPtr Binder::BindColumnIfExists(const kql::Call& call, SourceSpan span, const Scope& scope) {
  if (call.arguments.size() != 2)
    return Error(span, "column_ifexists takes a name and a default");
  const auto* name = std::get_if<kql::Literal>(&call.arguments[0].value->node);
  if (name == nullptr || name->kind != kql::LiteralKind::kString) {
    return Error(call.arguments[0].value->span,
                 "a column name that is not a string literal is not supported yet");
  }
  ExprPtr fallback = BindExpr(*call.arguments[1].value, scope);
  if (fallback == nullptr)
    return nullptr;
  if (scope.columns == nullptr)
    return fallback;
  std::optional<size_t> column = scope.columns->Find(name->text);
  if (!column)
    return fallback;
  Type type = scope.columns->columns[*column].type;
  ExprPtr reference = plan::ColumnRef(*column, type, span);
  // Of another type than the default: Kusto converts the column to the default's type.
  if (type == fallback->type)
    return reference;
  if (fallback->type == Type::kDynamic) {
    return plan::CallOf(
        "iff", Type::kDynamic, {plan::Constant(Value::Bool(true)), reference, fallback}, span);
  }
  const plan::FunctionInfo* convert =
      plan::FindFunction(fmt::format("to{}", record::TypeName(fallback->type)));
  if (convert == nullptr) {
    return Error(span,
                 fmt::format("column_ifexists with a default of type {} for a column of type "
                             "{} is not supported yet",
                             record::TypeName(fallback->type),
                             record::TypeName(type)));
  }
  return plan::CallOf(std::string(convert->name), fallback->type, {reference}, span);
}

std::string DerivedName(const kql::Expr& expr, const record::Schema& input) {
  if (const auto* name = std::get_if<kql::Name>(&expr.node))
    return name->text;
  if (const auto* member = std::get_if<kql::Member>(&expr.node)) {
    std::string base = DerivedName(*member->object, input);
    return base.empty() ? "" : base + "_" + member->name;
  }
  if (const auto* index = std::get_if<kql::Index>(&expr.node)) {
    std::string base = DerivedName(*index->object, input);
    const auto* literal = std::get_if<kql::Literal>(&index->index->node);
    return base.empty() ? "" : base + "_" + (literal != nullptr ? literal->text : "");
  }
  if (const auto* call = std::get_if<kql::Call>(&expr.node)) {
    // Functions that keep the name of their first argument, as Microsoft's binder names them.
    constexpr std::array<std::string_view, 19> kKeep = {"abs",
                                                        "bin",
                                                        "floor",
                                                        "parse_json",
                                                        "parsejson",
                                                        "todynamic",
                                                        "split",
                                                        "startofday",
                                                        "tobool",
                                                        "toboolean",
                                                        "todatetime",
                                                        "toint",
                                                        "tolong",
                                                        "todouble",
                                                        "toreal",
                                                        "tostring",
                                                        "totimespan",
                                                        "endofday",
                                                        "toguid"};
    if (const plan::AggregateInfo* aggregate = plan::FindAggregate(call->function)) {
      std::string of = call->arguments.empty() ? "" : DerivedName(*call->arguments[0].value, input);
      bool same = aggregate->column_prefix.empty();
      return same ? of : fmt::format("{}_{}", aggregate->column_prefix, of);
    }
    if (call->arguments.empty())
      return call->function == "ingestion_time" ? "$IngestionTime" : "";
    const kql::Expr& first = *call->arguments[0].value;
    if (std::find(kKeep.begin(), kKeep.end(), call->function) != kKeep.end()) {
      return DerivedName(first, input);
    }
    if (call->function == "strlen")
      return "strlen_" + DerivedName(first, input);
    if (call->function == "column_ifexists" || call->function == "columnifexists") {
      const auto* literal = std::get_if<kql::Literal>(&first.node);
      return literal != nullptr && input.Find(literal->text) ? literal->text : "";
    }
  }
  return "";
}

}  // namespace keywatch::bind
