#include "app/config.h"

#include <filesystem>
#include <sstream>

#include <gtest/gtest.h>

#include "app/config_text.h"
#include "tests/support/temp_dir.h"
#include "tests/support/text_match.h"

namespace keywatch::app {
namespace {

using tests::Has;
using Texts = std::vector<std::string>;

std::optional<std::string> NoEnvironment(std::string_view /*name*/) { return std::nullopt; }

std::optional<std::string> SomeEnvironment(std::string_view name) {
  if (name == "BROKER")
    return "broker:9093";
  if (name == "SECRET")
    return "whsec_swordfish";
  if (name == "EMPTY")
    return "";
  if (name == "TRICK")
    return "${SECRET}";
  return std::nullopt;
}

ConfigLoad Parse(const std::string& text) {
  return ParseConfig({"k.yaml", text, 1, 0}, "/etc/kw", SomeEnvironment);
}

std::string Messages(const ConfigLoad& load) { return Format(load.source, load.diagnostics); }

const std::string kSmall =
    "version: 1\nsources:\n  - {type: file, paths: ['*.json']}\nsinks:\n  - type: console\n";

std::string With(const std::string& more) { return kSmall + more; }

TEST(Config, TheExampleShowsEveryDefault) {
  std::filesystem::path root = KEYWATCH_SOURCE_DIR;
  ConfigLoad load = LoadConfig((root / "deploy/config.example.yaml").string(), NoEnvironment);
  ASSERT_TRUE(load.config) << Messages(load);
  Config config = *load.config;

  Config defaults;
  KafkaSourceSettings kafka;
  kafka.client.brokers = {"localhost:9092"};
  kafka.topics = {"insights-logs-auditevent"};
  EventHubsSourceSettings hubs;
  hubs.kafka.client.brokers = {"contoso-audit.servicebus.windows.net:9093"};
  hubs.kafka.topics = {"insights-logs-auditevent"};
  hubs.kafka.client.auth.emplace();
  FileSourceSettings file;
  file.paths = {"/var/log/keyvault/*.json"};
  LogAnalyticsSourceSettings workspace;
  workspace.workspace_id = "00000000-0000-0000-0000-000000000000";
  workspace.egress.timeout = 200 * record::kTicksPerSecond;
  BlobSourceSettings blob;
  blob.account_url = "https://contoso.blob.core.windows.net";
  blob.auth = AzureAuth{};
  blob.egress.timeout = 60 * record::kTicksPerSecond;
  defaults.sources = {{"kafka", kafka},
                      {"event-hubs", hubs},
                      {"file", file},
                      {"http", PushSourceSettings{}},
                      {"log_analytics", workspace},
                      {"blob", blob}};
  WebhookSinkSettings webhook;
  webhook.url = "https://alerts.example.com/keywatch";
  AlertmanagerSinkSettings alertmanager;
  alertmanager.url = "https://alertmanager.example.com";
  SlackSinkSettings slack;
  slack.url = "https://hooks.slack.com/services/T000/B000/XXXX";
  TeamsSinkSettings teams;
  teams.url = "https://example.api.powerplatform.com/workflows/1";
  PagerDutySinkSettings pagerduty;
  pagerduty.routing_key = Secret(std::string(32, '0'));
  SyslogSinkSettings syslog;
  syslog.host = "collector.example.com";
  LogsIngestionSinkSettings logs;
  logs.endpoint = "https://keywatch-abcd.westeurope-1.ingest.monitor.azure.com";
  logs.rule_id = "dcr-" + std::string(32, '0');
  KafkaSinkSettings topic;
  topic.client.brokers = {"localhost:9092"};
  topic.topic = "keywatch-alerts";
  FileSinkSettings alerts;
  alerts.path = "/var/lib/keywatch/alerts.jsonl";
  defaults.sinks = {{"webhook", webhook},
                    {"alertmanager", alertmanager},
                    {"slack", slack},
                    {"teams", teams},
                    {"pagerduty", pagerduty},
                    {"syslog", syslog},
                    {"logs_ingestion", logs},
                    {"kafka", topic},
                    {"console", ConsoleSinkSettings()},
                    {"file", alerts}};
  EXPECT_EQ(config.data_dir, defaults.data_dir);
  EXPECT_EQ(config.rules, defaults.rules);
  EXPECT_EQ(config.schema, defaults.schema);
  EXPECT_EQ(config.sources, defaults.sources);
  EXPECT_EQ(config.sinks, defaults.sinks);
  EXPECT_EQ(config.http, defaults.http);
  EXPECT_EQ(config.snapshot, defaults.snapshot);
  EXPECT_EQ(config.state, defaults.state);
  EXPECT_EQ(config.log, defaults.log);
  EXPECT_EQ(config.dead_letter, defaults.dead_letter);
}

TEST(Config, ThePageTokenIsReadAndIsLongEnough) {
  tests::TempDir folder;
  auto with_token = [&](const std::string& token) {
    tests::WriteFile(folder.File("token"), token);
    return ParseConfig(
        {"k.yaml", With("http: {token_file: token}\n"), 1, 0}, folder.path(), SomeEnvironment);
  };
  ConfigLoad load = with_token("0123456789abcdef01234567\n");
  ASSERT_TRUE(load.config) << Messages(load);
  EXPECT_EQ(load.config->http.token.Reveal(), "0123456789abcdef01234567");
  load = with_token("swordfish");
  EXPECT_TRUE(Has(Messages(load), "expected a text of at least 24 characters"));
  EXPECT_FALSE(Has(Messages(load), "swordfish"));
  EXPECT_TRUE(Has(Messages(Parse(With("http: {token_file: none}\n"))), "/etc/kw/none"));
  EXPECT_TRUE(Parse(With("http: {token_file: ''}\n")).config) << "none";
}

// Keys that can stand together with others that name them in the example.
TEST(Config, TheExampleNamesEveryKey) {
  std::filesystem::path root = KEYWATCH_SOURCE_DIR;
  std::string text = tests::ReadFile((root / "deploy/config.example.yaml").string());
  // A misspelt key in each section makes the reader list what it knows; all of it is in the
  // example.
  std::string wrong = R"(version: 1
zzzzzzzzzzzz: 1
rules: {zzzzzzzzzzzz: 1}
schema: {zzzzzzzzzzzz: 1}
sources:
  - {type: kafka, brokers: a, topics: b, zzzzzzzzzzzz: 1}
  - {type: event_hubs, namespace: a, auth: {type: managed_identity}, zzzzzzzzzzzz: 1}
  - {type: event_hubs, name: b, namespace: a, auth: {type: client_secret, tenant_id: a, client_id: a, client_secret: a, zzzzzzzzzzzz: 1}}
  - {type: file, paths: a, zzzzzzzzzzzz: 1}
  - {type: http, zzzzzzzzzzzz: 1}
  - {type: log_analytics, workspace_id: a, auth: {type: managed_identity}, zzzzzzzzzzzz: 1}
  - {type: blob, account_url: 'https://a', auth: {type: managed_identity}, zzzzzzzzzzzz: 1}
sinks:
  - {type: webhook, url: 'https://a', zzzzzzzzzzzz: 1}
  - {type: file, path: a, zzzzzzzzzzzz: 1}
  - {type: alertmanager, url: 'https://a', zzzzzzzzzzzz: 1}
  - {type: slack, webhook_url: 'https://a', zzzzzzzzzzzz: 1}
  - {type: teams, webhook_url: 'https://a', zzzzzzzzzzzz: 1}
  - {type: pagerduty, routing_key: 01234567890123456789012345678901, zzzzzzzzzzzz: 1}
  - {type: syslog, address: a, zzzzzzzzzzzz: 1}
  - type: logs_ingestion
    endpoint: https://a
    rule_id: dcr-1
    auth: {type: managed_identity}
    zzzzzzzzzzzz: 1
  - {type: kafka, brokers: a, topic: b, zzzzzzzzzzzz: 1}
  - {type: console, route: {zzzzzzzzzzzz: 1}}
http: {zzzzzzzzzzzz: 1}
snapshot: {zzzzzzzzzzzz: 1}
state: {zzzzzzzzzzzz: 1}
log: {zzzzzzzzzzzz: 1}
dead_letter: {zzzzzzzzzzzz: 1}
)";
  ConfigLoad load = Parse(wrong);
  size_t lists = 0;
  for (const Diagnostic& diagnostic : load.diagnostics.all()) {
    if (diagnostic.severity != Severity::kError)
      continue;
    ASSERT_EQ(diagnostic.hint.find("one of: "), 0U);
    ++lists;
    std::stringstream names(diagnostic.hint.substr(8));
    std::string name;
    while (std::getline(names, name, ',')) {
      name.erase(0, name.find_first_not_of(' '));
      EXPECT_TRUE(text.find(name + ":") != std::string::npos ||
                  text.find(name + " reads") != std::string::npos)
          << name;
    }
  }
  EXPECT_EQ(lists, 25U);
}

TEST(Config, ASmallFileGivesDefaultsAndResolvedPaths) {
  ConfigLoad load =
      Parse(With("rules: {paths: [rules, /abs], watchlists: lists, learning: raise}\n"
                 "http: {listen: '[::1]:0'}\n"));
  ASSERT_TRUE(load.config) << Messages(load);
  EXPECT_EQ(load.config->rules.paths, (Texts{"/etc/kw/rules", "/abs"}));
  EXPECT_EQ(load.config->rules.watchlists, Texts{"/etc/kw/lists"});
  EXPECT_EQ(load.config->rules.learning, Learning::kRaise);
  EXPECT_EQ(load.config->rules.allowed_lateness, 15 * record::kTicksPerMinute);
  EXPECT_EQ(load.config->http.host, "::1");
  EXPECT_EQ(load.config->http.port, 0);
  EXPECT_EQ(load.config->sources[0].name, "file");
  EXPECT_EQ(std::get<FileSourceSettings>(load.config->sources[0].settings).paths[0],
            "/etc/kw/*.json");
  EXPECT_EQ(load.config->dead_letter_path(), "/var/lib/keywatch/dead-letter.jsonl");
}

TEST(Config, AnUnknownKeyIsAnErrorThatNamesTheNearest) {
  ConfigLoad load = Parse(With("snapshot:\n  intervall: 5s\n"));
  EXPECT_FALSE(load.config);
  EXPECT_EQ(Messages(load),
            "k.yaml:7:3: error: snapshot has no field: intervall\n"
            " 7 |   intervall: **\n"
            "   |   ^^^^^^^^^\n"
            "hint: did you mean interval?\n");
  EXPECT_TRUE(Has(Messages(Parse(With("rule: {}\n"))), "did you mean rules?"));
  EXPECT_TRUE(Has(Messages(Parse("version: 1\nsources:\n  - {type: kafka, broker: a, topics: "
                                 "b}\nsinks: [{type: console}]\n")),
                  "did you mean brokers?"));
}

TEST(Config, MistakesHaveTheirPlace) {
  auto wrong = [](const std::string& more) { return Messages(Parse(With(more))); };
  EXPECT_TRUE(Has(wrong("rules: {allowed_lateness: 15}\n"),
                  "k.yaml:6:27: error: allowed_lateness: expected a duration, found 15"));
  EXPECT_TRUE(Has(wrong("dead_letter: {max_bytes: 5}\n"), "expected a size, found 5"));
  EXPECT_TRUE(Has(wrong("snapshot: {keep: 0}\n"), "keep: expected a whole number from 1 to 100"));
  EXPECT_TRUE(Has(wrong("snapshot: {interval: 0s}\n"), "interval: expected at least 1ms"));
  EXPECT_TRUE(
      Has(wrong("log: {level: loud}\n"), "level: expected one of debug, info, warning, error"));
  for (const char* listen : {"'9464'", "':9464'", "'::1:9464'", "'a:99999'", "'a:x'", "'a:'"}) {
    EXPECT_TRUE(Has(wrong(std::string("http: {listen: ") + listen + "}\n"),
                    "listen: expected address:port"))
        << listen;
  }
  EXPECT_TRUE(Has(Messages(Parse("version: 2\nsources: []\nsinks: []\n")),
                  "version: expected a whole number from 1 to 1, found 2"));
  EXPECT_TRUE(Has(Messages(Parse("sinks: []\n")), "expected the field version, which is missing"));
  EXPECT_TRUE(Has(Messages(Parse("version: 1\nsources: []\nsinks: []\n")), "at least one source"));
  EXPECT_TRUE(Has(Messages(Parse("version: 1\nsources: []\nsinks: []\n")), "at least one sink"));
  EXPECT_TRUE(
      Has(Messages(
              Parse("version: 1\nsources: [{type: kafka, topics: a}]\nsinks: [{type: console}]\n")),
          "brokers"));
  EXPECT_TRUE(
      Has(Messages(Parse("version: 1\nsources: [{type: kafka, brokers: [], topics: a}]\nsinks: "
                         "[{type: console}]\n")),
          "brokers: expected at least one"));
  EXPECT_TRUE(
      Has(Messages(Parse(
              "version: 1\nsources: [{type: kafca}]\nsinks: [{type: console}, {type: console}]\n")),
          "did you mean kafka?"));
  EXPECT_TRUE(Has(Messages(Parse("version: 1\nsources: [{type: file, paths: a}]\nsinks: [{type: "
                                 "console}, {type: console}]\n")),
                  "this name is taken already: console"));
  EXPECT_TRUE(Has(
      Messages(Parse(
          "version: 1\nsources: [{type: file, paths: a, name: A B}]\nsinks: [{type: console}]\n")),
      "name: expected a-z"));
}

std::string Webhook(const std::string& more) {
  return "version: 1\nsources:\n  - {type: file, paths: a}\nsinks:\n  - type: webhook\n" + more;
}

TEST(Config, StandardInputIsReadToItsEnd) {
  auto source = [](const std::string& fields) {
    return "version: 1\nsources: [{type: file, " + fields + "}]\nsinks: [{type: console}]\n";
  };
  ConfigLoad load = Parse(source("paths: ['-']"));
  ASSERT_TRUE(load.config) << Messages(load);
  FileSourceSettings expected;
  expected.paths = {"-"};
  expected.follow = false;
  EXPECT_EQ(std::get<FileSourceSettings>(load.config->sources[0].settings), expected);
  EXPECT_TRUE(Has(Messages(Parse(source("paths: ['-'], follow: true"))), "follow must be false"));
}

TEST(Config, PushesAreNotTakenFromWhoeverAsks) {
  auto source = [](const std::string& fields) {
    return "version: 1\nsources: [{type: http" + fields + "}]\nsinks: [{type: console}]\n";
  };
  EXPECT_EQ(Messages(Parse(source(""))), "");
  EXPECT_EQ(Messages(Parse(source(", listen: 'localhost:0', token: t"))), "");
  std::string open = Messages(Parse(source(", listen: '0.0.0.0:80'")));
  EXPECT_TRUE(Has(open, "refusing to listen on 0.0.0.0 to whoever asks: set token_file")) << open;
  open = Messages(Parse(source(", listen: '[::]:80', token: t")));
  EXPECT_TRUE(Has(open, "refusing to listen on :: without TLS")) << open;
  EXPECT_FALSE(Has(open, "token: t"));
  EXPECT_EQ(Messages(Parse(source(", listen: '0.0.0.0:80', token: t, allow_insecure_http: true"))),
            "");
  EXPECT_EQ(Messages(Parse(source(", listen: '0.0.0.0:80', token: t, cert_file: a, key_file: b"))),
            "");
  EXPECT_EQ(Messages(Parse(
                source(", listen: '0.0.0.0:80', cert_file: a, key_file: b, client_ca_file: c"))),
            "");
  EXPECT_TRUE(Has(Messages(Parse(source(", cert_file: a"))), "cert_file and key_file together"));
  EXPECT_TRUE(Has(Messages(Parse(source(", client_ca_file: a"))), "client_ca_file needs"));
  EXPECT_TRUE(Has(Messages(Parse(source(", spool_max_bytes: 1MiB"))), "at least max_body"));
}

TEST(Config, WebhookUrls) {
  EXPECT_TRUE(Parse(Webhook("    url: https://a/b\n")).config);
  EXPECT_TRUE(Parse(Webhook("    url: http://127.0.0.1:80/b\n")).config);
  EXPECT_TRUE(Parse(Webhook("    url: http://localhost/b\n")).config);
  EXPECT_TRUE(Parse(Webhook("    url: http://a/b\n    allow_insecure_http: true\n")).config);
  EXPECT_FALSE(Parse(Webhook("    url: http://a/b\n")).config);
  EXPECT_FALSE(Parse(Webhook("    url: http://127.0.0.1.evil.example/b\n")).config);
  EXPECT_FALSE(Parse(Webhook("    url: ftp://a/b\n")).config);
  EXPECT_FALSE(Parse(Webhook("    timeout: 1s\n")).config);
  ConfigLoad load = Parse(Webhook("    url: https://a/b\n    allow_addresses: [link_local]\n"));
  ASSERT_TRUE(load.config);
  auto webhook = std::get<WebhookSinkSettings>(load.config->sinks[0].settings);
  EXPECT_TRUE(webhook.egress.allow_link_local);
  EXPECT_FALSE(webhook.egress.allow_private);
}

TEST(Config, TheEnvironmentIsFilledIn) {
  ConfigLoad load = Parse(
      "version: 1\nsources:\n  - type: kafka\n    brokers: [\"${BROKER}\", '${NONE:-b:1}', "
      "'${EMPTY:-c:1}']\n"
      "    topics: a\n    group_id: x$$y${TRICK}\nsinks: [{type: console}]\n");
  ASSERT_TRUE(load.config) << Messages(load);
  auto kafka = std::get<KafkaSourceSettings>(load.config->sources[0].settings);
  EXPECT_EQ(kafka.client.brokers, (Texts{"broker:9093", "b:1", "c:1"}));
  EXPECT_EQ(kafka.group_id, "x$y${SECRET}") << "what the environment holds is only text";
  EXPECT_TRUE(Has(Messages(Parse(With("data_dir: ${NONE}\n"))),
                  "k.yaml:6:11: error: the environment variable is not set: NONE"));
  EXPECT_TRUE(
      Has(Messages(Parse(With("data_dir: a$b\n"))), "expected ${NAME} after a dollar sign"));
  EXPECT_TRUE(
      Has(Messages(Parse(With("data_dir: ${}\n"))), "expected ${NAME} or ${NAME:-default}"));
  EXPECT_TRUE(Has(Messages(Parse(With("data_dir: ${OPEN\n"))), "expected ${NAME}"));
}

TEST(Config, SecretsComeFromFilesAndAreNeverShown) {
  tests::TempDir folder;
  tests::WriteFile(folder.File("hook"), "  whsec_one\n\nwhsec_two\r\n");
  tests::WriteFile(folder.File("pass"), "swordfish\n");
  tests::WriteFile(folder.File("empty"), "\n");
  std::string text = Webhook(
      "    url: https://a/b\n    secrets: ['${SECRET}']\n    secret_file: hook\n"
      "    header_files: {authorization: pass}\n");
  ConfigLoad load = ParseConfig({"k.yaml", text, 1, 0}, folder.path(), SomeEnvironment);
  ASSERT_TRUE(load.config) << Messages(load);
  auto webhook = std::get<WebhookSinkSettings>(load.config->sinks[0].settings);
  ASSERT_EQ(webhook.secrets.size(), 2U);
  EXPECT_EQ(webhook.secrets[0].Reveal(), "whsec_swordfish");
  EXPECT_EQ(webhook.secrets[1].Reveal(), "whsec_one\n\nwhsec_two");
  EXPECT_EQ(webhook.headers.at("authorization").Reveal(), "swordfish");
  std::ostringstream out;
  out << webhook.secrets[0];
  EXPECT_EQ(out.str(), "***");
  EXPECT_EQ(fmt::format("{}", webhook.secrets[0]), "***");
  EXPECT_EQ(::testing::PrintToString(webhook.secrets[0]), "***");

  std::string missing = Webhook("    url: https://a/b\n    secret_file: none\n");
  EXPECT_TRUE(Has(Messages(ParseConfig({"k.yaml", missing, 1, 0}, folder.path(), SomeEnvironment)),
                  "cannot read"));
  std::string empty = Webhook("    url: https://a/b\n    secret_file: empty\n");
  EXPECT_TRUE(Has(Messages(ParseConfig({"k.yaml", empty, 1, 0}, folder.path(), SomeEnvironment)),
                  "expected a secret in the file, found none"));
}

TEST(Config, AMessageBesideASecretDoesNotShowIt) {
  for (const std::string& text : {
           Webhook("    url: https://a\n  - type: slack\n    webhook_url: https://h/swordfish\n    "
                   "x: 1\n"),
           Webhook("    url: https://a\n  - {type: pagerduty, routing_key: swordfish, x: 1}\n"),
           Webhook("    secrets: [whsec_swordfish]\n    url: http://a/b\n    secret: swordfish\n"),
           Webhook("    {url: 'https://a/b', secrets: [swordfish], tmeout: 1s}\n"),
           Webhook("    secrets:\n      - swordfish\n      - {a: swordfish}\n    url: x\n"),
           Webhook("    secrets:\n    - [swordfish]\n    url: x\n"),
           Webhook("    url: https://a\n    timeout: ${SECRET}\n"),
           Webhook("    url: https://a\n    secrets: swordfish\n    secrets: swordfish\n"),
           Webhook("    url: https://a\n    secrets: 'swordfish\n    timeout: 1s\n"),
           Webhook("    url: https://a\n    headers: {Authorization: [swordfish]}\n"),
           Webhook("    {url: 'https://user:swordfish@a/b', tmeout: 1s}\n"),
           Webhook("    {url: 'https://a/b?sig=swordfish', tmeout: 1s}\n"),
           Webhook("    {url: 'https://a/swordfish', tmeout: 1s}\n"),
           Webhook("    {url: 'https://a/b', proxy: 'http://u:swordfish@p', tmeout: 1s}\n"),
           Webhook("    {url: 'https://a/b', ca_file: 'https://c/d?sv=1&sig=swordfish', x: 1}\n"),
           // What is misspelt may be a secret.
           Webhook("    url: https://a\n    pasword: swordfish\n"),
           Webhook("    url: https://a\n    key: swordfish\n"),
           Webhook("    {url: 'https://a', headrs: {x-api: swordfish}}\n"),
           Webhook("    url: https://a\n    headrs:\n      x-api:\n        - swordfish\n"),
           Webhook("    url: https://a\n    name: ${SECRET}!\n"),
           Webhook("    url: https://a\n  - {type: logs_ingestion, rule_id: '${SECRET}', x: 1}\n"),
           std::string("version: 1\nsources:\n  - {type: event_hubs, connection_string: "
                       "'Endpoint=sb://a/;SharedAccessKey=swordfish', x: 1}\n"
                       "sinks: [{type: console}]\n"),
           std::string("version: 1\nsources:\n  - type: event_hubs\n    connection_string: "
                       "swordfish\nsinks: [{type: console}]\n"),
           std::string("version: 1\nsources:\n  - {type: kafka, brokers: a, topics: b, properties: "
                       "{a.b: swordfish}, x: 1}\nsinks: [{type: console}]\n"),
           std::string("version: 1\nsources:\n  - type: kafka\n    brokers: a\n    topics: b\n    "
                       "properties:\n"
                       "      sasl.password:\n        - swordfish\nsinks: [{type: console}]\n"),
           std::string("version: 1\nsources:\n  - {type: kafka, brokers: a, topics: b, properties: "
                       "{sasl.password: swordfish}, x: 1}\n"
                       "sinks: [{type: console}]\n"),
       }) {
    ConfigLoad load = Parse(text);
    EXPECT_TRUE(load.diagnostics.has_errors()) << text;
    EXPECT_FALSE(Has(Messages(load), "swordfish")) << text;
  }
}

TEST(BlankSecrets, KeepsEverythingElseAndEveryPosition) {
  std::string text =
      "keep: 1\nsecret: x y\nsecret_file: f\nsecrets:\n- ab\n- ${ENV}\nkeep: 2\n"
      "ssl.key.password: '${P}'\n";
  EXPECT_EQ(BlankSecrets(text),
            "keep: 1\nsecret: * *\nsecret_file: f\nsecrets:\n- **\n- ${ENV}\nkeep: 2\n"
            "ssl.key.password: '${P}'\n");
  EXPECT_EQ(BlankSecrets("auth: {token: a, b: c}"), "auth: {token: ** ** **");
  EXPECT_EQ(BlankSecrets("x: {token: '${T}', password: swordfish}"),
            "x: ******* '${T}'* ********* **********");
  EXPECT_EQ(BlankSecrets("unknown: a"), "unknown: *") << "it may be a misspelt password";
  EXPECT_EQ(BlankSecrets("token: ${NAME:-default}"), "token: ****************");
  EXPECT_EQ(BlankSecrets("listen: 127.0.0.1:80\nbrokers: [a:1, b:2]"),
            "listen: 127.0.0.1:80\nbrokers: [a:1, b:2]");
}

TEST(BlankSecrets, OfAUrlTheHostStays) {
  EXPECT_EQ(BlankSecrets("url: https://a.example/b/c\nurl: \"http://u:p@h:80/x?y\"\n"),
            "url: https://a.example****\nurl: \"http://****h:80****\"\n");
  EXPECT_EQ(BlankSecrets("proxy: http://u:p@h:80"), "proxy: http://****h:80");
  EXPECT_EQ(BlankSecrets("paths: [http://h/x?y=z, b]"), "paths: [http://h/x?***, b]");
}

}  // namespace
}  // namespace keywatch::app
