#include "engine/kql/vocabulary.h"

#include <algorithm>
#include <array>
#include <utility>

namespace keywatch::kql {
namespace {

// Reserved as names, but allowed before `=`; sorted.
constexpr auto kAssignable = std::to_array<std::string_view>(
    {"accumulate", "as",       "by",      "contains", "datatable", "earliest", "externaldata",
     "find",       "has",      "in",      "invoke",   "latest",    "mdm",      "materialize",
     "of",         "print",    "sample",  "search",   "set",       "sql",      "title",
     "to",         "toscalar", "totable", "verbose",  "viewers",   "where"});

// Reserved everywhere.
constexpr auto kReserved = std::to_array<std::string_view>({"__contextual_datatable",
                                                            "__crossCluster",
                                                            "__crossDB",
                                                            "__executeAndCache",
                                                            "__id",
                                                            "__isFuzzy",
                                                            "__noWithSource",
                                                            "__packedColumn",
                                                            "__projectAway",
                                                            "__sourceColumnIndex",
                                                            "and",
                                                            "anomalychart",
                                                            "areachart",
                                                            "asc",
                                                            "bagexpansion",
                                                            "barchart",
                                                            "between",
                                                            "boolean",
                                                            "byte",
                                                            "cachingpolicy",
                                                            "callout",
                                                            "cancel",
                                                            "card",
                                                            "char",
                                                            "columnchart",
                                                            "contains_cs",
                                                            "containscs",
                                                            "cycles",
                                                            "dataexport",
                                                            "datascope",
                                                            "date",
                                                            "datetime",
                                                            "decimal",
                                                            "decodeblocks",
                                                            "desc",
                                                            "double",
                                                            "dynamic",
                                                            "encodingpolicy",
                                                            "endswith",
                                                            "endswith_cs",
                                                            "expandoutput",
                                                            "extent_tags_retention",
                                                            "external_data",
                                                            "first",
                                                            "flags",
                                                            "float",
                                                            "force_remote",
                                                            "harddelete",
                                                            "hardretention",
                                                            "has_all",
                                                            "has_any",
                                                            "has_cs",
                                                            "hasprefix",
                                                            "hasprefix_cs",
                                                            "hassuffix",
                                                            "hassuffix_cs",
                                                            "hotcache",
                                                            "int",
                                                            "int16",
                                                            "int32",
                                                            "int64",
                                                            "int8",
                                                            "isfuzzy",
                                                            "journal",
                                                            "ladderchart",
                                                            "last",
                                                            "like",
                                                            "likecs",
                                                            "linechart",
                                                            "long",
                                                            "matches",
                                                            "missing",
                                                            "nooptimization",
                                                            "notcontains",
                                                            "notcontainscs",
                                                            "notlike",
                                                            "notlikecs",
                                                            "or",
                                                            "others",
                                                            "pathformat",
                                                            "piechart",
                                                            "pivotchart",
                                                            "project",
                                                            "queries",
                                                            "query_results",
                                                            "real",
                                                            "relaxed",
                                                            "restricted_view_access",
                                                            "row_level_security",
                                                            "rowstore",
                                                            "rowstore_references",
                                                            "rowstore_sealinfo",
                                                            "rowstorepolicy",
                                                            "rowstores",
                                                            "scatterchart",
                                                            "seal",
                                                            "seals",
                                                            "shards",
                                                            "simple",
                                                            "softdelete",
                                                            "softretention",
                                                            "stackedareachart",
                                                            "startswith",
                                                            "startswith_cs",
                                                            "statistics",
                                                            "storedqueryresultcontainers",
                                                            "string",
                                                            "tablepurge",
                                                            "time",
                                                            "timechart",
                                                            "timeline",
                                                            "timepivot",
                                                            "timespan",
                                                            "treemap",
                                                            "uint",
                                                            "uint16",
                                                            "uint32",
                                                            "uint64",
                                                            "uint8",
                                                            "ulong",
                                                            "union",
                                                            "uniqueid",
                                                            "unrestrictedviewers",
                                                            "views",
                                                            "with_itemindex",
                                                            "with_match_id",
                                                            "with_step_name",
                                                            "writeaheadlog"});

// Free as names, but not before `=`, where they are parameters.
constexpr auto kParameters = std::to_array<std::string_view>({"kind", "with_source", "withsource"});

// Free as names, but read otherwise at some place where a name may stand.
constexpr auto kContextual = std::to_array<std::string_view>({"True",
                                                              "TRUE",
                                                              "true",
                                                              "False",
                                                              "FALSE",
                                                              "false",
                                                              "on",
                                                              "from",
                                                              "step",
                                                              "view",
                                                              "hint",
                                                              "not",
                                                              "nulls",
                                                              "let",
                                                              "typeof",
                                                              "range"});

template <size_t N>
bool Contains(const std::array<std::string_view, N>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

constexpr std::array<std::pair<std::string_view, std::string_view>, 20> kTypes = {{
    {"bool", "bool"},       {"boolean", "bool"},      {"int", "int"},
    {"int8", "int"},        {"int16", "int"},         {"long", "long"},
    {"int64", "long"},      {"ulong", "long"},        {"real", "real"},
    {"double", "real"},     {"decimal", "decimal"},   {"datetime", "datetime"},
    {"date", "datetime"},   {"timespan", "timespan"}, {"time", "timespan"},
    {"guid", "guid"},       {"uniqueid", "guid"},     {"string", "string"},
    {"dynamic", "dynamic"}, {"uint", "int"},
}};

}  // namespace

bool IsReserved(std::string_view word) {
  return Contains(kAssignable, word) || Contains(kReserved, word);
}

bool IsReservedBeforeAssign(std::string_view word) {
  return Contains(kReserved, word) || Contains(kParameters, word);
}

bool IsPlainName(std::string_view word) {
  auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  if (word.empty() || !(is_letter(word[0]) || word[0] == '$'))
    return false;
  bool plain = std::all_of(
      word.begin() + 1, word.end(), [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
  return plain && !IsReserved(word) && !IsReservedBeforeAssign(word) &&
         !Contains(kContextual, word);
}

bool Contains(const std::vector<std::string>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

const std::vector<std::string>& SupportedOperators() {
  static const std::vector<std::string> names = {"as",
                                                 "count",
                                                 "distinct",
                                                 "extend",
                                                 "filter",
                                                 "join",
                                                 "limit",
                                                 "order",
                                                 "project",
                                                 "project-away",
                                                 "project-keep",
                                                 "project-rename",
                                                 "project-reorder",
                                                 "render",
                                                 "sort",
                                                 "summarize",
                                                 "take",
                                                 "top",
                                                 "union",
                                                 "where"};
  return names;
}

const std::vector<std::string>& UnsupportedOperators() {
  static const std::vector<std::string> names = {"assert-schema",
                                                 "consume",
                                                 "evaluate",
                                                 "externaldata",
                                                 "facet",
                                                 "find",
                                                 "fork",
                                                 "getschema",
                                                 "graph-mark-components",
                                                 "graph-match",
                                                 "graph-shortest-paths",
                                                 "graph-to-table",
                                                 "graph-where-edges",
                                                 "graph-where-nodes",
                                                 "invoke",
                                                 "lookup",
                                                 "macro-expand",
                                                 "make-graph",
                                                 "make-series",
                                                 "mv-apply",
                                                 "mv-expand",
                                                 "mvapply",
                                                 "mvexpand",
                                                 "parse",
                                                 "parse-kv",
                                                 "parse-where",
                                                 "partition",
                                                 "partition-by",
                                                 "project-by-names",
                                                 "reduce",
                                                 "sample",
                                                 "sample-distinct",
                                                 "scan",
                                                 "search",
                                                 "serialize",
                                                 "top-hitters",
                                                 "top-nested"};
  return names;
}

const std::vector<std::string>& JoinKinds() {
  static const std::vector<std::string> kinds = {"innerunique",
                                                 "inner",
                                                 "leftouter",
                                                 "rightouter",
                                                 "fullouter",
                                                 "leftsemi",
                                                 "rightsemi",
                                                 "leftanti",
                                                 "leftantisemi",
                                                 "anti",
                                                 "rightanti",
                                                 "rightantisemi"};
  return kinds;
}

std::string_view CanonicalType(std::string_view name) {
  for (const auto& [alias, canonical] : kTypes) {
    if (alias == name)
      return canonical;
  }
  return "";
}

const std::vector<std::string>& TypeNames() {
  static const std::vector<std::string> names = {"bool",
                                                 "int",
                                                 "long",
                                                 "real",
                                                 "decimal",
                                                 "datetime",
                                                 "timespan",
                                                 "guid",
                                                 "string",
                                                 "dynamic"};
  return names;
}

}  // namespace keywatch::kql
