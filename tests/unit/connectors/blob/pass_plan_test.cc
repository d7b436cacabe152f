#include "connectors/blob/pass_plan.h"

#include <gtest/gtest.h>

namespace keywatch::blob {
namespace {

Ticks Hour(const char* text) { return *record::ParseIsoDatetime(text); }

const Ticks kPassTime = Hour("2026-11-30T10:20:00Z");
const PassSettings kSettings{6 * kHour, 0};

TEST(PassPlan, HistoryIsReadADayAtATime) {
  EXPECT_EQ(NextPass(Hour("2026-11-28T22:00:00Z"), kPassTime, true, kSettings),
            (Pass{PassKind::kHistory, Hour("2026-11-28T22:00:00Z"), Hour("2026-11-29T00:00:00Z")}));
  EXPECT_EQ(NextPass(Hour("2026-11-29T00:00:00Z"), kPassTime, true, kSettings),
            (Pass{PassKind::kHistory, Hour("2026-11-29T00:00:00Z"), Hour("2026-11-30T00:00:00Z")}));
  // Open since 09:00; six hours before that may grow late.
  EXPECT_EQ(NextPass(Hour("2026-11-30T00:00:00Z"), kPassTime, true, kSettings),
            (Pass{PassKind::kHistory, Hour("2026-11-30T00:00:00Z"), Hour("2026-11-30T03:00:00Z")}));
}

TEST(PassPlan, TheTailIsTheOpenHoursAndNowAndThenTheLateOnes) {
  Ticks mark = Hour("2026-11-30T03:00:00Z");
  EXPECT_EQ(NextPass(mark, kPassTime, true, kSettings),
            (Pass{PassKind::kLate, mark, Hour("2026-11-30T12:00:00Z")}));
  EXPECT_EQ(NextPass(mark, kPassTime, false, kSettings),
            (Pass{PassKind::kTail, Hour("2026-11-30T09:00:00Z"), Hour("2026-11-30T12:00:00Z")}));
  // An hour later the oldest of the late ones is finished.
  EXPECT_EQ(NextPass(mark, kPassTime + kHour, false, kSettings),
            (Pass{PassKind::kHistory, mark, mark + kHour}));
}

TEST(PassPlan, AFirstStartMayBeginWithinTheOpenHours) {
  Ticks mark = Hour("2026-11-30T10:00:00Z");
  EXPECT_EQ(NextPass(mark, kPassTime, false, kSettings),
            (Pass{PassKind::kTail, mark, Hour("2026-11-30T12:00:00Z")}));
}

TEST(PassPlan, ARangeEndsWhenItsHoursAreClosed) {
  PassSettings settings{6 * kHour, Hour("2026-11-30T10:00:00Z")};
  Ticks mark = Hour("2026-11-30T09:00:00Z");
  EXPECT_EQ(NextPass(mark, kPassTime, false, settings),
            (Pass{PassKind::kTail, mark, Hour("2026-11-30T10:00:00Z")}));
  EXPECT_EQ(NextPass(mark, kPassTime + kHour, false, settings),
            (Pass{PassKind::kHistory, mark, Hour("2026-11-30T10:00:00Z")}));
  EXPECT_EQ(NextPass(mark + kHour, kPassTime, false, settings).kind, PassKind::kDone);
}

}  // namespace
}  // namespace keywatch::blob
