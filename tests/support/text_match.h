// Assertions on texts whose failure shows the whole text.
#pragma once

#include <string>
#include <string_view>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace keywatch::tests {

inline ::testing::AssertionResult Has(std::string_view text, std::string_view part) {
  if (text.find(part) != std::string_view::npos)
    return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "no \"" << part << "\" in:\n" << text;
}

// The line is there as a whole, with its end.
inline ::testing::AssertionResult HasLine(std::string_view text, std::string_view line) {
  return Has(fmt::format("\n{}", text), fmt::format("\n{}\n", line));
}

}  // namespace keywatch::tests
