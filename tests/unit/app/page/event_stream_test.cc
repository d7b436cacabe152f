#include "app/page/event_stream.h"

#include <gtest/gtest.h>

namespace keywatch::app::page {
namespace {

TEST(EventStream, Text) {
  EXPECT_EQ(AlertEvent(7, "{\"a\":1}"), "id: 7\nevent: alert\ndata: {\"a\":1}\n\n");
  EXPECT_EQ(EndEvent(8, "{}"), "id: 8\nevent: ended\ndata: {}\n\n");
  EXPECT_EQ(HelloEvent(3), "retry: 3000\nid: 3\nevent: hello\ndata: {\"after\":3}\n\n");
  EXPECT_EQ(KeepAliveEvent().front(), ':');
}

TEST(EventStream, GoesOnWhereTheClientWas) {
  EXPECT_EQ(ResumeAfter("", "", 9), 9);
  EXPECT_EQ(ResumeAfter("4", "", 9), 4);
  EXPECT_EQ(ResumeAfter("", "5", 9), 5);
  EXPECT_EQ(ResumeAfter("4", "5", 9), 4) << "the header is newer than the address";
  EXPECT_EQ(ResumeAfter("0", "", 9), 0);
  EXPECT_EQ(ResumeAfter("10", "", 9), 9) << "of another outbox";
  EXPECT_EQ(ResumeAfter("-1", "", 9), 9);
  EXPECT_EQ(ResumeAfter("4x", "", 9), 9);
}

}  // namespace
}  // namespace keywatch::app::page
