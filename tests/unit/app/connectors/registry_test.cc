#include "app/connectors/registry.h"

#include <chrono>
#include <cstddef>
#include <utility>
#include <variant>

#include <gtest/gtest.h>

namespace keywatch::app {
namespace {

constexpr std::chrono::milliseconds kLimit{200};

// `check` is given one config of each kind, with settings as they are before a file is read.
template <class Config, class Check, size_t... kKind>
void ForEachKind(Check check, std::index_sequence<kKind...> /*kinds*/) {
  const auto one = [&]<size_t kOne>() {
    Config config;
    config.name = "one";
    config.settings.template emplace<kOne>();
    check(config, kOne);
  };
  (one.template operator()<kKind>(), ...);
}

template <class Config, class Check>
void ForEachKind(Check check) {
  constexpr size_t kKinds = std::variant_size_v<decltype(Config::settings)>;
  ForEachKind<Config>(check, std::make_index_sequence<kKinds>{});
}

// Whoever runs `config check --connect` takes what is not FAILED for good. That each kind has a
// TryConnection the compiler sees to; here, that it does not merely say that it did not try.
TEST(Registry, EveryKindIsTried) {
  ForEachKind<SourceConfig>([](const SourceConfig& config, size_t kind) {
    Attempt attempt = TrySource(config, kLimit);
    EXPECT_NE(attempt.outcome, Attempt::Outcome::kNotTried) << "source " << kind << attempt.text;
    EXPECT_FALSE(attempt.text.empty()) << "source " << kind;
  });
  ForEachKind<SinkConfig>([](const SinkConfig& config, size_t kind) {
    Attempt attempt = TrySink(config, kLimit);
    EXPECT_NE(attempt.outcome, Attempt::Outcome::kNotTried) << "sink " << kind << attempt.text;
    EXPECT_FALSE(attempt.text.empty()) << "sink " << kind;
  });
}

TEST(Registry, OnlyStandardInputIsNotTried) {
  FileSourceSettings settings;
  settings.paths = {"-"};
  EXPECT_EQ(TrySource({"stdin", settings}, kLimit).outcome, Attempt::Outcome::kNotTried);
}

}  // namespace
}  // namespace keywatch::app
