#include "app/generate/story.h"

#include <set>

#include <gtest/gtest.h>

#include "app/generate/estate.h"
#include "app/generate/play_story.h"

namespace keywatch::generate {
namespace {

TEST(StoryTest, EveryStoryHasANameOfItsOwnAndAnEstate) {
  std::set<std::string_view> names;
  for (const Story& story : Stories()) {
    EXPECT_TRUE(names.insert(story.name).second) << story.name;
    EXPECT_EQ(FindStory(story.name), &story);
    EXPECT_FALSE(story.text.empty());
    size_t estates = 0;
    for (const Estate& estate : Estates())
      estates += CanPlay(estate, story) ? 1 : 0;
    EXPECT_GE(estates, 1U) << story.name;
  }
  EXPECT_GE(names.size(), 20U);
  EXPECT_EQ(FindStory("no such story"), nullptr);
}

TEST(StoryTest, WhatIsFoundIsInTheSteps) {
  for (const Story& story : Stories()) {
    EXPECT_FALSE(story.findings.empty()) << story.name;
    for (const Finding& finding : story.findings) {
      ASSERT_LT(finding.step, story.steps.size()) << story.name;
      EXPECT_LE(finding.deciding, story.steps[finding.step].count) << story.name;
    }
    for (const Step& step : story.steps)
      EXPECT_NE(step.operation, nullptr) << story.name;
  }
}

}  // namespace
}  // namespace keywatch::generate
