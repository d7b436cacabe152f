// Functions of a point in time: the start of its day, its hour and weekday, and its other parts.
// Facts: learn.microsoft.com/azure/data-explorer/kusto/query/{startofday,hour-of-day,day-of-week,
// datetime-part}-function.
#include "engine/eval/kernel.h"
#include "engine/plan/function_catalog.h"

namespace keywatch::eval {

using plan::DatetimePart;
using record::kTicksPerDay;
using record::Ticks;

namespace {

int64_t DayOf(Ticks time) { return time / kTicksPerDay; }  // Monday 0001-01-01 is day 0

void StartOfDayFn(const Call& call, Vector* out) {
  for (size_t i = 0; i < call.rows; ++i) {
    if (call.args[0].IsNull(i) || (call.args.size() == 2 && call.args[1].IsNull(i))) {
      out->PushNull();
      continue;
    }
    int64_t day = DayOf(call.args[0].Int(i));
    int64_t offset = call.args.size() == 2 ? call.args[1].Int(i) : 0;
    bool outside =
        __builtin_add_overflow(day, offset, &day) || day < 0 || day > DayOf(record::kMaxDatetime);
    outside ? out->PushNull() : out->PushInt(day * kTicksPerDay);
  }
}

int64_t HourOfDay(Ticks time) { return time % kTicksPerDay / record::kTicksPerHour; }

// The days since the Sunday before.
Ticks DayOfWeek(Ticks time) { return (DayOf(time) + 1) % 7 * kTicksPerDay; }

template <int64_t (*kOf)(Ticks)>
void OfTimeFn(const Call& call, Vector* out) {
  const Vector& times = call.args[0];
  for (size_t i = 0; i < call.rows; ++i)
    times.IsNull(i) ? out->PushNull() : out->PushInt(kOf(times.Int(i)));
}

int64_t DayOfYear(int64_t day) {
  const record::CivilTime civil = record::ToCivil(day * kTicksPerDay);
  return day - DayOf(*record::FromCivil({civil.year, 1, 1})) + 1;
}

// ISO 8601: a week belongs to the year that has its Thursday.
int64_t WeekOfYear(int64_t day) { return (DayOfYear(day - day % 7 + 3) - 1) / 7 + 1; }

int64_t PartOf(Ticks time, DatetimePart part) {
  const record::CivilTime civil = record::ToCivil(time);
  switch (part) {
    case DatetimePart::kYear:
      return civil.year;
    case DatetimePart::kQuarter:
      return (civil.month - 1) / 3 + 1;
    case DatetimePart::kMonth:
      return civil.month;
    case DatetimePart::kWeekOfYear:
      return WeekOfYear(DayOf(time));
    case DatetimePart::kDay:
      return civil.day;
    case DatetimePart::kDayOfYear:
      return DayOfYear(DayOf(time));
    case DatetimePart::kHour:
      return civil.hour;
    case DatetimePart::kMinute:
      return civil.minute;
    case DatetimePart::kSecond:
      return civil.second;
    case DatetimePart::kMillisecond:
      return civil.ticks / record::kTicksPerMillisecond;
    case DatetimePart::kMicrosecond:
      return civil.ticks / record::kTicksPerMicrosecond;
    case DatetimePart::kNanosecond:
      return civil.ticks * 100;
  }
  return 0;
}

struct PreparedPart : Prepared {
  std::optional<DatetimePart> part;
};

std::shared_ptr<const Prepared> PreparePart(const plan::Expr& call) {
  if (!plan::IsLiteral(call.args[0]))
    return nullptr;
  auto prepared = std::make_shared<PreparedPart>();
  prepared->part = plan::FindDatetimePart(record::ToText(call.args[0]->literal));
  return prepared;
}

void DatetimePartFn(const Call& call, Vector* out) {
  const auto* prepared = static_cast<const PreparedPart*>(call.prepared);
  const Vector& times = call.args[1];
  for (size_t i = 0; i < call.rows; ++i) {
    std::optional<DatetimePart> part =
        prepared != nullptr ? prepared->part : plan::FindDatetimePart(call.args[0].Text(i));
    part && !times.IsNull(i) ? out->PushInt(PartOf(times.Int(i), *part)) : out->PushNull();
  }
}

}  // namespace

const std::vector<Kernel>& TimeKernels() {
  static const std::vector<Kernel> kernels = {
      {"startofday", StartOfDayFn},
      {"hourofday", OfTimeFn<HourOfDay>},
      {"dayofweek", OfTimeFn<DayOfWeek>},
      {"datetime_part", DatetimePartFn, PreparePart},
  };
  return kernels;
}

}  // namespace keywatch::eval
