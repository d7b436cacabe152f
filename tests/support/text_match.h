// Assertions on texts whose failure shows the whole text.
#pragma once

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace keywatch::tests {

inline ::testing::AssertionResult Has(std::string_view text, std::string_view part) {
  if (text.find(part) != std::string_view::npos)
    return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "no \"" << part << "\" in:\n" << text;
}

}  // namespace keywatch::tests
