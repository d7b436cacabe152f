// The catalog names what can be called, the kernels hold the code: neither may have what the other
// has not.
#include "engine/eval/kernel.h"

#include <set>
#include <string>

#include <gtest/gtest.h>

#include "engine/plan/function_catalog.h"

namespace keywatch::eval {
namespace {

// Named in the catalog for suggestions and rewritten by the binder: no kernel of their own.
const std::set<std::string> kRewritten = {
    "now", "case", "column_ifexists", "columnifexists", "ingestion_time", "toscalar", "ago"};
// What operators become.
const std::set<std::string> kOperators = {"and",
                                          "or",
                                          "==",
                                          "<",
                                          "<=",
                                          ">",
                                          ">=",
                                          "+",
                                          "-",
                                          "*",
                                          "/",
                                          "%",
                                          "neg",
                                          "member",
                                          "=~",
                                          "contains",
                                          "contains_cs",
                                          "startswith",
                                          "startswith_cs",
                                          "endswith",
                                          "endswith_cs",
                                          "has",
                                          "has_cs",
                                          "hasprefix",
                                          "hasprefix_cs",
                                          "hassuffix",
                                          "hassuffix_cs",
                                          "in",
                                          "in~",
                                          "has_any",
                                          "has_all",
                                          "matches regex"};

TEST(Kernel, EveryFunctionOfTheCatalogHasCode) {
  for (const std::string& name : plan::FunctionNames()) {
    if (kRewritten.contains(name))
      continue;
    const plan::FunctionInfo* info = plan::FindFunction(name);
    ASSERT_NE(info, nullptr) << name;
    EXPECT_NE(FindKernel(info->name), nullptr) << name;
  }
}

TEST(Kernel, EveryOperatorHasCode) {
  for (const std::string& name : kOperators)
    EXPECT_NE(FindKernel(name), nullptr) << name;
}

TEST(Kernel, EveryCodeHasANameThatAQueryCanWrite) {
  std::set<std::string> seen;
  for (const auto* family : KernelFamilies()) {
    for (const Kernel& kernel : *family) {
      std::string name(kernel.name);
      EXPECT_TRUE(seen.insert(name).second) << "two kernels: " << name;
      const plan::FunctionInfo* info = plan::FindFunction(name);
      EXPECT_TRUE(kOperators.contains(name) || (info != nullptr && info->name == name)) << name;
    }
  }
}

}  // namespace
}  // namespace keywatch::eval
