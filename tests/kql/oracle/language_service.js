// Microsoft's KQL language service (C# made into JavaScript by Bridge.NET) behind one function.
// Overloaded constructors carry a suffix ($ctor1, $ctor7), hence the odd names.
'use strict';
require('@kusto/language-service-next/bridge.min.js');
require('@kusto/language-service-next/Kusto.Language.Bridge.min.js');
const { Symbols, GlobalState, KustoCode } = Kusto.Language;

function toArray(enumerable) {
  const out = [];
  for (const e = Bridge.getEnumerator(enumerable); e.moveNext();) out.push(e.Current);
  return out;
}

const globalsByTables = new Map();

function globalsOf(tables) {
  const key = JSON.stringify(tables);
  if (!globalsByTables.has(key)) {
    const symbols = Object.entries(tables).map(
      ([name, schema]) => new Symbols.TableSymbol.$ctor7(name, schema, null));
    const database = new Symbols.DatabaseSymbol.$ctor1('db', symbols, false);
    globalsByTables.set(key, GlobalState.Default.WithDatabase(database));
  }
  return globalsByTables.get(key);
}

// {errors: ["KS142 message"], columns: ["name:type"] or null when the result is no table}
exports.check = (query, tables) => {
  const code = KustoCode.ParseAndAnalyze(query, globalsOf(tables));
  const errors = toArray(code.GetDiagnostics())
    .filter((d) => d.Severity === 'Error')
    .map((d) => `${d.Code} ${d.Message}`);
  const result = code.ResultType;
  const columns = result && result.Columns
    ? toArray(result.Columns).map((c) => `${c.Name}:${c.Type ? c.Type.Name : '?'}`) : null;
  return { errors, columns };
};
