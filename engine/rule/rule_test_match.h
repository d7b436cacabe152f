// Whether a rule test's alerts are those that it expects: the same number, paired one to one.
#pragma once

#include <string>
#include <vector>

#include "engine/alert/alert.h"
#include "engine/rule/rule_test_file.h"

namespace keywatch::rule {

// What is wrong, a line each; empty if the test passed. An expectation says nothing about fields
// that it does not name. If any pairing satisfies every expectation and uses up every alert, it is
// found, whatever their order.
std::vector<std::string> CompareAlerts(const std::vector<ExpectedAlert>& expected,
                                       const std::vector<alert::Alert>& raised);

}  // namespace keywatch::rule
