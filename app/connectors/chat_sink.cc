#include "app/connectors/chat_sink.h"

#include <utility>

#include "app/connectors/sender.h"
#include "connectors/format/slack.h"
#include "connectors/format/teams.h"
#include "connectors/webhook/http_sink.h"

namespace keywatch::app {
namespace {

using std::chrono::milliseconds;

ChatSinkSettings ReadChat(Fields* fields) {
  ChatSinkSettings out;
  ReadHttpEgress(fields, &out.egress);
  ReadUrl(fields,
          "webhook_url",
          "The URL that the chat service gave for the channel; a secret.",
          out.egress,
          &out.url,
          &out.url_file);
  ReadSendEnded(fields, &out.send_ended);
  return out;
}

Result<std::unique_ptr<pipeline::Sink>> MakeChat(
    const std::string& name,
    const ChatSinkSettings& settings,
    webhook::Receiver receiver,
    Result<format::Message> (*to_chat)(std::string_view canonical_json)) {
  webhook::HttpSinkOptions options;
  options.name = name;
  options.url = settings.url;
  options.url_file = settings.url_file;
  options.client = ToClientOptions(settings.egress);
  options.format = [to_chat](const pipeline::OutgoingAlert& alert) { return to_chat(alert.json); };
  options.receiver = receiver;
  // Slack takes about one message a second, Teams four.
  options.pace = milliseconds(receiver == webhook::Receiver::kSlack ? 1000 : 250);
  options.wants_ended = settings.send_ended;
  auto sink = webhook::HttpSink::Make(std::move(options));
  if (!sink)
    return sink.error();
  return std::unique_ptr<pipeline::Sink>(std::move(*sink));
}

}  // namespace

SlackSinkSettings ReadSlackSink(Fields* fields) { return {ReadChat(fields)}; }

TeamsSinkSettings ReadTeamsSink(Fields* fields) { return {ReadChat(fields)}; }

Result<std::unique_ptr<pipeline::Sink>> MakeSink(const std::string& name,
                                                 const SlackSinkSettings& settings) {
  return MakeChat(name, settings, webhook::Receiver::kSlack, format::ToSlack);
}

Result<std::unique_ptr<pipeline::Sink>> MakeSink(const std::string& name,
                                                 const TeamsSinkSettings& settings) {
  return MakeChat(name, settings, webhook::Receiver::kTeams, format::ToTeams);
}

Attempt TryConnection(const std::string& name,
                      const ChatSinkSettings& settings,
                      std::chrono::milliseconds limit) {
  return TryReceiver(name, settings.url, settings.egress, limit);
}

}  // namespace keywatch::app
