#include "engine/base/diagnostics.h"

#include <algorithm>
#include <cctype>
#include <numeric>
#include <utility>

#include <fmt/format.h>

namespace keywatch {

void Diagnostics::Error(SourceSpan span, std::string message, std::string hint) {
  all_.push_back({Severity::kError, span, std::move(message), std::move(hint)});
  ++errors_;
}

void Diagnostics::Warning(SourceSpan span, std::string message, std::string hint) {
  all_.push_back({Severity::kWarning, span, std::move(message), std::move(hint)});
}

void Diagnostics::Append(const Diagnostics& other) {
  all_.insert(all_.end(), other.all_.begin(), other.all_.end());
  errors_ += other.errors_;
}

std::string Format(const SourceText& source, const Diagnostic& diagnostic) {
  LineColumn place = source.Locate(diagnostic.span.offset);
  std::string_view line = source.LineAt(diagnostic.span.offset);
  const char* severity = diagnostic.severity == Severity::kError ? "error" : "warning";
  std::string out = fmt::format(
      "{}:{}:{}: {}: {}\n", source.name, place.line, place.column, severity, diagnostic.message);
  std::string number = std::to_string(place.line);
  size_t column = place.column - 1 - source.indent;
  // The caret line repeats the tabs of the line above it, so that both are as wide.
  std::string lead;
  for (size_t i = 0; i < std::min(column, line.size()); ++i)
    lead += line[i] == '\t' ? '\t' : ' ';
  size_t room = line.size() > column ? line.size() - column : 1;
  size_t carets = std::clamp<size_t>(diagnostic.span.length, 1, room);
  out += fmt::format(
      " {} | {}\n {:{}} | {}{}\n", number, line, "", number.size(), lead, std::string(carets, '^'));
  if (!diagnostic.hint.empty())
    out += fmt::format("hint: {}\n", diagnostic.hint);
  return out;
}

std::string Format(const SourceText& source, const Diagnostics& diagnostics) {
  std::string out;
  for (const Diagnostic& diagnostic : diagnostics.all())
    out += Format(source, diagnostic);
  return out;
}

namespace {

std::string Lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) {
    return static_cast<char>(std::tolower(c));
  });
  return out;
}

size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string Nearest(std::string_view wrong, const std::vector<std::string>& candidates) {
  std::string lower = Lower(wrong.substr(0, 100));
  size_t best = std::max<size_t>(1, lower.size() / 3) + 1;
  std::string nearest;
  for (const std::string& candidate : candidates) {
    size_t distance = EditDistance(lower, Lower(candidate));
    if (distance < best) {
      best = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

}  // namespace keywatch
