#include "app/page/form.h"

#include <gtest/gtest.h>

namespace keywatch::app::page {
namespace {

TEST(Form, ReadsWhatABrowserPosts) {
  auto fields = ReadForm("token=a%2Bb+c%26&next=%2Falerts%2F1&empty=&flag&token=second");
  EXPECT_EQ(fields["token"], "a+b c&");
  EXPECT_EQ(fields["next"], "/alerts/1");
  EXPECT_EQ(fields["empty"], "");
  EXPECT_EQ(fields["flag"], "");
}

TEST(Form, WhatIsNoEscapeStays) {
  EXPECT_EQ(ReadForm("a=100%")["a"], "100%");
  EXPECT_EQ(ReadForm("a=%zz%4")["a"], "%zz%4");
  EXPECT_TRUE(ReadForm("").empty());
}

}  // namespace
}  // namespace keywatch::app::page
