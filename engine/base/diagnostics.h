// What an author did wrong in a rule, a query or a configuration, in a form that can be printed
// with a caret. Collected, never thrown: all mistakes of a file are reported at once.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/source_text.h"

namespace keywatch {

enum class Severity { kError, kWarning };

struct Diagnostic {
  Severity severity = Severity::kError;
  SourceSpan span;
  std::string message;  // fixed text first, values last: what was expected, then what was found
  std::string hint;     // what to do next ("did you mean ResultType?"); may be empty
};

class Diagnostics {
 public:
  void Error(SourceSpan span, std::string message, std::string hint = "");
  void Warning(SourceSpan span, std::string message, std::string hint = "");
  void Append(const Diagnostics& other);

  [[nodiscard]] bool has_errors() const { return errors_ > 0; }
  [[nodiscard]] const std::vector<Diagnostic>& all() const { return all_; }

 private:
  std::vector<Diagnostic> all_;
  size_t errors_ = 0;
};

// The form that users see:
//   rules/a.yaml:12:9: error: table AzureDiagnostics has no column: ResultTyp
//    12 | | where ResultTyp == 0
//       |         ^^^^^^^^^
//   hint: did you mean ResultType?
std::string Format(const SourceText& source, const Diagnostic& diagnostic);
std::string Format(const SourceText& source, const Diagnostics& diagnostics);

// The candidate nearest to `wrong` by edit distance, or "" when none is near enough to suggest.
std::string Nearest(std::string_view wrong, const std::vector<std::string>& candidates);

}  // namespace keywatch
