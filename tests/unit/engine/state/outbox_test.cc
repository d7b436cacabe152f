#include "engine/state/outbox.h"

#include <set>
#include <thread>

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/state/sqlite.h"
#include "tests/support/temp_dir.h"

namespace keywatch::state {
namespace {

using record::Ticks;
using tests::TempDir;

constexpr Ticks kNow = record::kUnixEpoch + 20'000 * record::kTicksPerDay;
constexpr Ticks kSecond = record::kTicksPerSecond;

std::unique_ptr<Outbox> MustOpen(const std::string& path,
                                 std::vector<std::string> sinks = {"a", "b"}) {
  Result<std::unique_ptr<Outbox>> opened = Outbox::Open(path, std::move(sinks));
  EXPECT_TRUE(opened) << (opened ? "" : opened.error().message());
  return opened ? std::move(opened).value() : nullptr;
}

size_t MustInsert(Outbox& outbox, const std::vector<std::string>& ids, Ticks now = kNow) {
  std::vector<NewAlert> rows;
  for (const std::string& id : ids)
    rows.push_back({id, "rule", "High", "{}"});
  Result<size_t> inserted = outbox.Insert(rows, now);
  EXPECT_TRUE(inserted) << (inserted ? "" : inserted.error().message());
  return inserted ? *inserted : 0;
}

std::vector<PendingAlert> Due(Outbox& outbox, const std::string& sink, Ticks now, size_t limit) {
  Result<std::vector<PendingAlert>> pending = outbox.Pending(sink, now, limit);
  EXPECT_TRUE(pending);
  return pending ? std::move(pending).value() : std::vector<PendingAlert>();
}

std::vector<std::string> PendingIds(Outbox& outbox, const std::string& sink, Ticks now = kNow) {
  std::vector<std::string> ids;
  for (const PendingAlert& alert : Due(outbox, sink, now, 1000))
    ids.push_back(alert.id);
  return ids;
}

int64_t SeqOf(Outbox& outbox, const std::string& sink, const std::string& id) {
  for (const PendingAlert& alert : Due(outbox, sink, kNow + 1000 * kSecond, 1000)) {
    if (alert.id == id)
      return alert.seq;
  }
  return -1;
}

using Ids = std::vector<std::string>;

TEST(OutboxTest, AnAlertIsOwedToEverySinkOnce) {
  auto outbox = MustOpen(":memory:");
  EXPECT_EQ(MustInsert(*outbox, {"1", "2", "1"}), 2U);
  EXPECT_EQ(MustInsert(*outbox, {"2", "3"}), 1U);
  EXPECT_EQ(MustInsert(*outbox, {"1", "2", "3"}), 0U);
  EXPECT_EQ(PendingIds(*outbox, "a"), (Ids{"1", "2", "3"}));
  EXPECT_EQ(PendingIds(*outbox, "b"), (Ids{"1", "2", "3"}));
  EXPECT_EQ(PendingIds(*outbox, "c"), Ids{});
  EXPECT_EQ(outbox->PendingCount("a"), 3);
}

TEST(OutboxTest, KeepsWhatItWasGiven) {
  auto outbox = MustOpen(":memory:");
  std::string json = R"({"a":"é"})" + std::string(100'000, ' ');
  std::vector<size_t> fresh;
  ASSERT_TRUE(outbox->Insert(
      std::vector<NewAlert>{{"x", "r", "Low", json}, {"x", "r", "", ""}}, kNow, &fresh));
  EXPECT_EQ(fresh, std::vector<size_t>{0});
  PendingAlert alert = outbox->Pending("a", kNow, 10)->at(0);
  EXPECT_EQ(alert.id, "x");
  EXPECT_EQ(alert.rule_id, "r");
  EXPECT_EQ(alert.severity, "Low");
  EXPECT_EQ(alert.json, json);
  EXPECT_EQ(alert.created, kNow);
  EXPECT_EQ(alert.attempts, 0);
}

TEST(OutboxTest, SinksDoNotShareTheirProgress) {
  auto outbox = MustOpen(":memory:");
  MustInsert(*outbox, {"1", "2", "3"});
  std::vector<int64_t> seqs = {SeqOf(*outbox, "a", "1"), SeqOf(*outbox, "a", "2")};
  ASSERT_TRUE(outbox->MarkAccepted("a", seqs, kNow).ok());
  ASSERT_TRUE(outbox->MarkAccepted("a", seqs, kNow).ok());  // again: changes nothing
  ASSERT_TRUE(outbox->MarkDead("a", SeqOf(*outbox, "a", "3"), "gone", kNow).ok());
  EXPECT_EQ(PendingIds(*outbox, "a"), Ids{});
  EXPECT_EQ(PendingIds(*outbox, "b"), (Ids{"1", "2", "3"}));
  EXPECT_EQ(outbox->PendingCount("a"), 0);
  EXPECT_EQ(outbox->PendingCount("b"), 3);
  DeliveryCounts counts = *outbox->Count("a");
  EXPECT_EQ(counts.accepted, 2);
  EXPECT_EQ(counts.dead, 1);
  // A replay of what is accepted or dead brings nothing back.
  EXPECT_EQ(MustInsert(*outbox, {"1", "2", "3"}), 0U);
  EXPECT_EQ(PendingIds(*outbox, "a"), Ids{});
}

TEST(OutboxTest, ARetryWaitsForItsTime) {
  auto outbox = MustOpen(":memory:");
  MustInsert(*outbox, {"1", "2"});
  EXPECT_EQ(*outbox->NextDue("a"), 0);
  ASSERT_TRUE(
      outbox->MarkRetry("a", SeqOf(*outbox, "a", "1"), kNow + 5 * kSecond, "http_5xx", kNow).ok());
  EXPECT_EQ(PendingIds(*outbox, "a"), Ids{"2"});
  EXPECT_EQ(PendingIds(*outbox, "b"), (Ids{"1", "2"}));
  ASSERT_TRUE(outbox->MarkAccepted("a", std::vector<int64_t>{SeqOf(*outbox, "a", "2")}, kNow).ok());
  EXPECT_EQ(*outbox->NextDue("a"), kNow + 5 * kSecond);
  EXPECT_EQ(PendingIds(*outbox, "a", kNow + 5 * kSecond), Ids{"1"});
  EXPECT_EQ(outbox->Pending("a", kNow + 5 * kSecond, 1)->at(0).attempts, 1);
  ASSERT_TRUE(outbox->MakeDue("a", kNow + kSecond).ok());
  EXPECT_EQ(PendingIds(*outbox, "a", kNow + kSecond), Ids{"1"});
  ASSERT_TRUE(outbox->MarkAccepted("a", std::vector<int64_t>{SeqOf(*outbox, "a", "1")}, kNow).ok());
  EXPECT_EQ(*outbox->NextDue("a"), std::nullopt);
}

TEST(OutboxTest, OldestFirstAndOldestTime) {
  auto outbox = MustOpen(":memory:");
  EXPECT_EQ(*outbox->OldestPending("a"), std::nullopt);
  MustInsert(*outbox, {"9"}, kNow);
  MustInsert(*outbox, {"1"}, kNow + kSecond);
  EXPECT_EQ(PendingIds(*outbox, "a", kNow + kSecond), (Ids{"9", "1"}));
  EXPECT_EQ(outbox->Pending("a", kNow + kSecond, 1)->size(), 1U);
  EXPECT_EQ(*outbox->OldestPending("a"), kNow);
  ASSERT_TRUE(outbox->MarkAccepted("a", std::vector<int64_t>{SeqOf(*outbox, "a", "9")}, kNow).ok());
  EXPECT_EQ(*outbox->OldestPending("a"), kNow + kSecond);
  EXPECT_EQ(*outbox->OldestPending("b"), kNow);
}

TEST(OutboxTest, SurvivesClosing) {
  TempDir dir;
  std::string path = dir.File("outbox.db");
  {
    auto outbox = MustOpen(path);
    MustInsert(*outbox, {"1", "2"});
    ASSERT_TRUE(
        outbox->MarkAccepted("a", std::vector<int64_t>{SeqOf(*outbox, "a", "1")}, kNow).ok());
  }
  auto outbox = MustOpen(path);
  EXPECT_EQ(PendingIds(*outbox, "a"), Ids{"2"});
  EXPECT_EQ(outbox->PendingCount("a"), 1);
  EXPECT_EQ(outbox->PendingCount("b"), 2);
  EXPECT_EQ(MustInsert(*outbox, {"1", "2", "3"}), 1U);
}

// A sink that is taken out of the configuration and put back gets what it was owed.
TEST(OutboxTest, SinksComeAndGo) {
  TempDir dir;
  std::string path = dir.File("outbox.db");
  MustInsert(*MustOpen(path, {"a", "b"}), {"1"});
  {
    auto outbox = MustOpen(path, {"a", "c"});
    EXPECT_EQ(outbox->Count("b")->parked, 1);
    EXPECT_EQ(PendingIds(*outbox, "c"), Ids{});  // was raised before c existed
    MustInsert(*outbox, {"2"});
    EXPECT_EQ(PendingIds(*outbox, "c"), Ids{"2"});
  }
  auto outbox = MustOpen(path, {"b"});
  EXPECT_EQ(PendingIds(*outbox, "b"), Ids{"1"});
  EXPECT_EQ(outbox->PendingCount("b"), 1);
}

TEST(OutboxTest, PruneKeepsWhatIsOwed) {
  auto outbox = MustOpen(":memory:", {"a"});
  MustInsert(*outbox, {"owed", "old"}, kNow);
  MustInsert(*outbox, {"new"}, kNow + 100 * kSecond);
  for (const char* id : {"old", "new"}) {
    ASSERT_TRUE(
        outbox->MarkAccepted("a", std::vector<int64_t>{SeqOf(*outbox, "a", id)}, kNow).ok());
  }
  History history;
  history.age = 50 * kSecond;
  EXPECT_EQ(*outbox->Prune(history, kNow + 20 * kSecond), 0U);
  EXPECT_EQ(*outbox->Prune(history, kNow + 120 * kSecond), 1U);  // "old"
  EXPECT_EQ(*outbox->Prune(history, kNow + 120 * kSecond), 0U);
  EXPECT_EQ(outbox->Count("a")->accepted, 1);
  EXPECT_EQ(*outbox->Prune(history, kNow + 1000 * kSecond), 1U);  // "new", now old as well
  EXPECT_EQ(PendingIds(*outbox, "a"), Ids{"owed"});
}

TEST(OutboxTest, PruneBoundsTheRows) {
  auto outbox = MustOpen(":memory:", {"a"});
  Ids ids;
  for (int i = 0; i < 1000; ++i)
    ids.push_back(std::to_string(i));
  MustInsert(*outbox, ids);
  std::vector<int64_t> seqs;
  for (const PendingAlert& alert : Due(*outbox, "a", kNow, 1000))
    seqs.push_back(alert.seq);
  ASSERT_TRUE(outbox->MarkAccepted("a", seqs, kNow).ok());
  History history;
  history.rows = 300;
  size_t pruned = 0;
  for (int i = 0; i < 5; ++i)
    pruned += *outbox->Prune(history, kNow);
  EXPECT_EQ(pruned, 700U);
  EXPECT_EQ(outbox->Count("a")->accepted, 300);
  EXPECT_EQ(MustInsert(*outbox, {"0", "999"}), 1U);  // 0 is forgotten, 999 is not
}

// kill -9 while inserting: what Insert() said yes to is there, and no batch is there in half.
TEST(OutboxTest, AcknowledgedInsertsSurviveAKill) {
  TempDir dir;
  for (int round = 0; round < 8; ++round) {
    std::string path = dir.File("outbox" + std::to_string(round));
    int pipe_ends[2];
    ASSERT_EQ(pipe(pipe_ends), 0);
    pid_t child = fork();
    if (child == 0) {
      auto outbox = Outbox::Open(path, {"a"});
      for (int batch = 0; outbox && batch < 100'000; ++batch) {
        std::vector<std::string> ids;
        for (int i = 0; i < 3; ++i)
          ids.push_back(std::to_string(batch) + "/" + std::to_string(i));
        std::vector<NewAlert> rows;
        for (const std::string& id : ids)
          rows.push_back({id, "rule", "High", "{\"some\":\"json\"}"});
        if (!(*outbox)->Insert(rows, kNow))
          _exit(1);
        if (write(pipe_ends[1], &batch, sizeof batch) != sizeof batch)
          _exit(1);
      }
      _exit(0);
    }
    close(pipe_ends[1]);
    int acknowledged = -1;
    int stop_at = 3 + round * 7;
    int batch = 0;
    while (acknowledged < stop_at && read(pipe_ends[0], &batch, sizeof batch) == sizeof batch) {
      acknowledged = batch;
    }
    usleep(static_cast<useconds_t>(round * 137));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    while (read(pipe_ends[0], &batch, sizeof batch) == sizeof batch)
      acknowledged = batch;
    close(pipe_ends[0]);
    ASSERT_GE(acknowledged, stop_at);

    auto outbox = MustOpen(path, {"a"});
    Ids found = PendingIds(*outbox, "a");
    std::set<std::string> ids(found.begin(), found.end());
    for (int b = 0; b <= acknowledged; ++b) {
      for (int i = 0; i < 3; ++i) {
        EXPECT_TRUE(ids.contains(std::to_string(b) + "/" + std::to_string(i)));
      }
    }
    EXPECT_EQ(ids.size() % 3, 0U);
    EXPECT_EQ(outbox->PendingCount("a"), static_cast<int64_t>(ids.size()));
  }
}

TEST(OutboxTest, AFullDiskIsAnErrorAndLosesNothing) {
  TempDir dir;
  auto outbox = MustOpen(dir.File("outbox.db"), {"a"});
  MustInsert(*outbox, {"before"});
  ASSERT_TRUE(outbox->LimitPages(40).ok());
  std::string big(30'000, 'x');
  std::vector<std::string> ids;
  for (int i = 0; i < 20; ++i)
    ids.push_back(std::to_string(i));
  std::vector<NewAlert> rows;
  for (const std::string& id : ids)
    rows.push_back({id, "rule", "High", big});
  Result<size_t> inserted = outbox->Insert(rows, kNow);
  ASSERT_FALSE(inserted);
  EXPECT_EQ(inserted.error().code(), StatusCode::kUnavailable) << inserted.error().message();
  EXPECT_EQ(PendingIds(*outbox, "a"), Ids{"before"});
  EXPECT_EQ(outbox->PendingCount("a"), 1);
  // Room again: the same alerts go in.
  ASSERT_TRUE(outbox->LimitPages(100'000).ok());
  EXPECT_EQ(*outbox->Insert(rows, kNow), 20U);
  EXPECT_EQ(outbox->PendingCount("a"), 21);
}

TEST(OutboxTest, AFileThatIsNoOutboxIsRefusedAndKept) {
  TempDir dir;
  std::string path = dir.File("outbox.db");
  tests::WriteFile(path, std::string(5000, 'x'));
  Result<std::unique_ptr<Outbox>> opened = Outbox::Open(path, {"a"});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), StatusCode::kDataLoss) << opened.error().message();
  EXPECT_NE(opened.error().message().find(path), std::string::npos);
  EXPECT_EQ(tests::ReadFile(path), std::string(5000, 'x'));
}

TEST(OutboxTest, ALaterFormatIsRefused) {
  TempDir dir;
  std::string path = dir.File("outbox.db");
  MustOpen(path);
  ASSERT_TRUE((*Database::Open(path))->Execute("PRAGMA user_version=2").ok());
  Result<std::unique_ptr<Outbox>> opened = Outbox::Open(path, {"a"});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), StatusCode::kDataLoss);
}

TEST(OutboxTest, AFolderThatDoesNotExistIsUnavailable) {
  Result<std::unique_ptr<Outbox>> opened = Outbox::Open("/nowhere/outbox.db", {"a"});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), StatusCode::kUnavailable) << opened.error().message();
}

TEST(OutboxTest, ThreadsShareIt) {
  TempDir dir;
  auto outbox = MustOpen(dir.File("outbox.db"), {"a", "b"});
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i)
        MustInsert(*outbox, {std::to_string(t) + "/" + std::to_string(i)});
    });
  }
  std::set<std::string> delivered[2];
  for (size_t s = 0; s < 2; ++s) {
    threads.emplace_back([&, s] {
      std::string sink = s == 0 ? "a" : "b";
      while (delivered[s].size() < 100) {
        for (const PendingAlert& alert : Due(*outbox, sink, kNow, 7)) {
          EXPECT_TRUE(delivered[s].insert(alert.id).second) << "read again after its mark";
          EXPECT_TRUE(outbox->MarkAccepted(sink, std::vector<int64_t>{alert.seq}, kNow).ok());
        }
      }
    });
  }
  for (auto& thread : threads)
    thread.join();
  EXPECT_EQ(outbox->PendingCount("a"), 0);
  EXPECT_EQ(outbox->PendingCount("b"), 0);
}

TEST(OutboxTest, IsOwedToTheSinksNamedOnly) {
  auto outbox = MustOpen(":memory:");
  std::vector<bool> only_b = {false, true};
  std::vector<bool> none = {false, false};
  std::vector<NewAlert> rows = {{"1", "r", "High", "{}", &only_b},
                                {"2", "r", "High", "{}", nullptr},
                                {"3", "r", "High", "{\"n\":3}", &none}};
  ASSERT_TRUE(outbox->Insert(rows, kNow));
  EXPECT_EQ(PendingIds(*outbox, "a"), Ids({"2"}));
  EXPECT_EQ(PendingIds(*outbox, "b"), Ids({"1", "2"}));
  EXPECT_EQ(outbox->PendingCount("a"), 1);
  EXPECT_EQ(outbox->PendingCount("b"), 2);
  Result<std::optional<KnownAlert>> third = outbox->Find("3");
  ASSERT_TRUE(third && third->has_value()) << "owed to nobody, but stored";
  EXPECT_EQ((*third)->json, "{\"n\":3}");
  EXPECT_FALSE(outbox->Find("4")->has_value());
}

TEST(OutboxTest, PostponingIsNoAttempt) {
  auto outbox = MustOpen(":memory:");
  MustInsert(*outbox, {"1"});
  EXPECT_EQ(*outbox->PendingUntil("a", "1"), std::optional<Ticks>(0));
  EXPECT_EQ(*outbox->PendingUntil("a", "2"), std::nullopt);
  int64_t seq = SeqOf(*outbox, "a", "1");
  ASSERT_TRUE(outbox->Postpone("a", seq, kNow + kSecond, kNow).ok());
  EXPECT_EQ(*outbox->PendingUntil("a", "1"), std::optional<Ticks>(kNow + kSecond));
  EXPECT_EQ(PendingIds(*outbox, "a"), Ids());
  EXPECT_EQ(PendingIds(*outbox, "b"), Ids({"1"}));
  std::vector<PendingAlert> due = Due(*outbox, "a", kNow + kSecond, 1);
  ASSERT_EQ(due.size(), 1U);
  EXPECT_EQ(due[0].attempts, 0);
  ASSERT_TRUE(outbox->MarkAccepted("a", {{seq}}, kNow).ok());
  EXPECT_EQ(*outbox->PendingUntil("a", "1"), std::nullopt);
}

}  // namespace
}  // namespace keywatch::state
