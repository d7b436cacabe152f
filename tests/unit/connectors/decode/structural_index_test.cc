#include "connectors/decode/structural_index.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

namespace keywatch::decode {
namespace {

std::vector<uint32_t> Offsets(const StructuralIndex& index) { return {index.begin(), index.end()}; }

TEST(StructuralIndex, FindsTokensAndNotWhatStandsInStrings) {
  StructuralIndex index;
  ASSERT_EQ(index.Build(R"({"a}":[1,"b\"]"]})"), StructuralIndex::Outcome::kOk);
  EXPECT_EQ(Offsets(index), (std::vector<uint32_t>{0, 1, 5, 6, 7, 8, 9, 15, 16}));
  EXPECT_EQ(*index.end(), 17U);
}

TEST(StructuralIndex, SaysWhatIsWrong) {
  StructuralIndex index;
  EXPECT_EQ(index.Build("\"a"), StructuralIndex::Outcome::kOpenString);
  EXPECT_EQ(index.Build("\"a\n\""), StructuralIndex::Outcome::kControlInString);
  EXPECT_EQ(index.Build("\"\xFF\""), StructuralIndex::Outcome::kInvalidUtf8);
  EXPECT_TRUE(Offsets(index).empty());
  EXPECT_EQ(index.Build(""), StructuralIndex::Outcome::kOk);
  EXPECT_EQ(index.Build("  \n "), StructuralIndex::Outcome::kOk);
  EXPECT_TRUE(Offsets(index).empty());
}

TEST(StructuralIndex, GrowsWithTheText) {
  StructuralIndex index;
  for (size_t size : {10U, 100'000U, 10U, 3'000'000U}) {
    ASSERT_EQ(index.Build(std::string(size, '[')), StructuralIndex::Outcome::kOk);
    EXPECT_EQ(Offsets(index).size(), size);
  }
}

// The library's kernels are not instrumented by a sanitizer, so the page behind the text is taken
// away.
TEST(StructuralIndex, ReadsNothingBehindTheText) {
  auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  void* memory =
      mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  char* bytes = static_cast<char*>(memory);
  ASSERT_EQ(mprotect(bytes + page, page, PROT_NONE), 0);
  StructuralIndex index;
  for (size_t size = 1; size < 600; ++size) {
    char* text = bytes + page - size;
    for (size_t i = 0; i < size; ++i)
      text[i] = "[\"a\",1]"[i % 7];
    index.Build({text, size});
  }
  munmap(memory, 2 * page);
}

}  // namespace
}  // namespace keywatch::decode
