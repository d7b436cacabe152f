// Compiled with the widest instruction set that the machine of a developer has (-march=haswell):
// the comparison must not win by a slow opponent.
#include "tests/bench/bare_parse.h"

#include <simdjson.h>

namespace keywatch::bench {
namespace {

using simdjson::ondemand::object;
using simdjson::ondemand::value;

size_t TextSize(value v) {
  switch (v.type().value_unsafe()) {
    case simdjson::ondemand::json_type::string:
      return v.get_string().value_unsafe().size();
    case simdjson::ondemand::json_type::number:
      return static_cast<size_t>(v.get_int64().value_unsafe());
    default:
      return 0;
  }
}

// The members that the two layouts put at top level or under `properties`.
size_t Members(object record) {
  size_t bytes = 0;
  for (auto field : record) {
    simdjson::ondemand::raw_json_string key = field.key().value_unsafe();
    auto is = [&](const char* name) { return key.unsafe_is_equal(name); };
    if (is("properties")) {
      bytes += Members(field.value().get_object().value_unsafe());
    } else if (is("identity")) {
      value identity = field.value();
      if (identity.type().value_unsafe() == simdjson::ondemand::json_type::string) {
        bytes += identity.get_string().value_unsafe().size();
      } else {
        auto claims = identity.get_object().value_unsafe()["claim"].get_object();
        for (auto claim : claims.value_unsafe()) {
          auto name = claim.key().value_unsafe();
          if (name.unsafe_is_equal("oid") || name.unsafe_is_equal("appid") ||
              name.unsafe_is_equal("upn")) {
            bytes += TextSize(claim.value());
          }
        }
      }
    } else if (is("time") || is("resourceId") || is("operationName") || is("operationVersion") ||
               is("category") || is("resultType") || is("durationMs") || is("correlationId") ||
               is("callerIpAddress") || is("clientInfo") || is("requestUri") ||
               is("httpStatusCode")) {
      bytes += TextSize(field.value());
    }
  }
  return bytes;
}

}  // namespace

struct BareParse::Impl {
  simdjson::ondemand::parser parser;
};

BareParse::BareParse() : impl_(std::make_unique<Impl>()) {}
BareParse::~BareParse() = default;

size_t BareParse::Records(std::string_view message) {
  simdjson::ondemand::document document;
  simdjson::padded_string_view view(
      message.data(), message.size(), message.size() + simdjson::SIMDJSON_PADDING);
  if (impl_->parser.iterate(view).get(document) != simdjson::SUCCESS)
    return 0;
  size_t bytes = 0;
  for (auto record : document.get_object()["records"].get_array().value_unsafe()) {
    bytes += Members(record.get_object().value_unsafe());
  }
  return bytes;
}

size_t BareParse::Line(std::string_view message) {
  simdjson::ondemand::document document;
  simdjson::padded_string_view view(
      message.data(), message.size(), message.size() + simdjson::SIMDJSON_PADDING);
  if (impl_->parser.iterate(view).get(document) != simdjson::SUCCESS)
    return 0;
  return Members(document.get_object().value_unsafe());
}

}  // namespace keywatch::bench
