// The tables that queries may name, and where each column of a table comes from in a record.
//
// A table is declared in a CSV file with the header `column,type,source,storage,meaning`:
//   source   path of the JSON member, names joined by `.` (`properties.httpStatusCode`). Upper and
//            lower case are the same, names are compared in flattened form (column_source.h), and
//            the record's own `properties` level may be there or not: `properties.x` is looked for
//            at top level too, and `x` under `properties`; where both hold a value, the place that
//            is written here counts. Or a derivation that starts with `@`:
//              @event_time        the record's `time`
//              @resource.upper    resourceId in upper case     @resource.lower  in lower case
//              @resource.subscription, .group, .provider, .type, .name   its parts, upper case
//              @ip:PATH           the address at PATH: `::ffff:1.2.3.4` as IPv4, without port, IPv6
//                                 in canonical form; what is no address stays as it is
//              @name              the column's name without _s, _d, _b, _t, _g as the path: how
//              Azure
//                                 Monitor names AzureDiagnostics columns (PoolName_s: PoolName)
//              @const:TEXT        always TEXT
//            Empty: nothing in an AuditEvent fills the column; it is always null or "".
//   storage  `dictionary` for strings with few distinct values, `text` (or nothing) for the others
// The shipped tables (AzureDiagnostics, AZKVAuditLogs) are such files, built into the binary; users
// can add columns and tables with files of their own. Watchlists (rule/watchlist_file.h) are tables
// whose rows are known.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"
#include "engine/record/schema.h"
#include "engine/record/watchlist.h"

namespace keywatch::record {

enum class Storage { kDictionary, kText };

struct TableColumn {
  std::string name;
  Type type = Type::kString;
  std::string source;
  Storage storage = Storage::kText;
};

struct Table {
  std::string name;
  std::vector<TableColumn> columns;

  [[nodiscard]] Schema schema() const;
};

class SchemaCatalog {
 public:
  // The shipped tables.
  static const SchemaCatalog& Builtin();

  // Adds a table, or columns to a known one, from the text of a CSV file; `name` is the table. An
  // error names the line, and leaves the catalog as it was.
  Status AddCsv(std::string_view name, std::string_view csv);

  [[nodiscard]] const Table* Find(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> names() const;

  // In place of one with the same alias.
  void SetWatchlist(Watchlist watchlist);
  void RemoveWatchlist(std::string_view alias);
  [[nodiscard]] const Watchlist* FindWatchlist(std::string_view alias) const;
  [[nodiscard]] std::vector<std::string> watchlist_names() const;

 private:
  std::map<std::string, Table, std::less<>> tables_;
  std::map<std::string, Watchlist, std::less<>> watchlists_;
};

}  // namespace keywatch::record
