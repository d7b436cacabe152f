// Every format of every alert in golden/, byte for byte: golden/<alert>.alert.json gives
// golden/<alert>.<format>.<json|txt>. After a wanted change: KEYWATCH_UPDATE_GOLDEN=1 writes them.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>

#include <gtest/gtest.h>

#include "connectors/format/alertmanager.h"
#include "connectors/format/cef.h"
#include "connectors/format/cloudevents.h"
#include "connectors/format/formats.h"
#include "connectors/format/log_analytics.h"
#include "connectors/format/pagerduty.h"
#include "connectors/format/shorten.h"
#include "connectors/format/slack.h"
#include "connectors/format/teams.h"
#include "engine/record/time.h"

namespace keywatch::format {
namespace {

const std::filesystem::path kFolder =
    std::filesystem::path(KEYWATCH_SOURCE_DIR) / "tests/unit/connectors/format/golden";
const Sender kSender = {"1.2.3", "host-1", "urn:keywatch:test"};

std::string Read(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::string AlertText(const std::filesystem::path& path) {
  std::string text = Read(path);
  while (!text.empty() && text.back() == '\n')
    text.pop_back();
  return text;
}

Result<Message> Alertmanager(std::string_view alert) {
  auto ends = record::ParseIsoDatetime("2026-03-03T05:07:38.2512345Z");
  Result<std::string> one = ToAlertmanagerAlert(alert, *ends);
  if (!one)
    return one.error();
  return AlertmanagerMessage({*one});
}

Result<Message> Short(std::string_view alert) {
  Result<std::string> text = Shortened(alert);
  if (!text)
    return text.error();
  return Message{*text};
}

using Formatter = std::function<Result<Message>(std::string_view)>;

std::map<std::string, Formatter> Formatters() {
  std::map<std::string, Formatter> out = {
      {"alertmanager.json", Alertmanager},
      {"slack.json", ToSlack},
      {"teams.json", ToTeams},
      {"pagerduty.json",
       [](std::string_view alert) { return ToPagerDuty(alert, std::string(32, 'r')); }},
      {"log_analytics.json", ToLogAnalytics},
      {"syslog.txt", [](std::string_view alert) { return ToSyslog(alert, kSender, 16); }},
      {"cloudevents_kafka.json",
       [](std::string_view alert) { return ToBinaryCloudEvent(alert, kSender, Binding::kKafka); }},
      {"short.json", Short}};
  for (size_t i = 1; i < FormatNames().size(); ++i) {
    auto format = static_cast<Format>(i);
    out[FormatNames()[i] + (format == Format::kCef ? ".txt" : ".json")] =
        [format](std::string_view alert) { return Render(format, alert, kSender); };
  }
  return out;
}

std::string Shown(const Message& message) {
  std::ostringstream out;
  for (const auto& [name, value] : message.headers)
    out << name << ": " << value << '\n';
  out << message.body << '\n';
  return out.str();
}

std::vector<std::filesystem::path> Alerts() {
  std::vector<std::filesystem::path> out;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    if (entry.path().string().ends_with(".alert.json"))
      out.push_back(entry.path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

TEST(FormatsGolden, EveryFormatOfEveryAlert) {
  bool update = std::getenv("KEYWATCH_UPDATE_GOLDEN") != nullptr;
  std::vector<std::filesystem::path> alerts = Alerts();
  ASSERT_GE(alerts.size(), 5U);
  for (const auto& path : alerts) {
    std::string alert = AlertText(path);
    std::string stem = path.filename().string();
    stem.resize(stem.find('.'));
    for (const auto& [suffix, formatter] : Formatters()) {
      Result<Message> message = formatter(alert);
      ASSERT_TRUE(message) << stem << ' ' << suffix << ": " << message.error().message();
      std::filesystem::path golden = kFolder / (stem + "." + suffix);
      if (update)
        std::ofstream(golden, std::ios::binary) << Shown(*message);
      EXPECT_EQ(Shown(*message), Read(golden)) << golden;
      EXPECT_EQ(message->body.find('\n'), std::string::npos) << golden;
    }
  }
}

TEST(FormatsGolden, WhatIsNoAlertIsRefused) {
  for (const char* text : {"", "[]", "{}", "{\"rule\":{}}", "{\"severity\":\"High\"", "null"}) {
    for (const auto& [suffix, formatter] : Formatters())
      EXPECT_FALSE(formatter(text)) << suffix << ": " << text;
  }
}

}  // namespace
}  // namespace keywatch::format
