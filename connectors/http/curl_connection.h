// A libcurl handle with what every connection of ours has: timeouts, verified certificates, and an
// AddressPolicy that is asked for each address at connect time.
#pragma once

#include <memory>
#include <string>

#include <curl/curl.h>

#include "connectors/http/client.h"

namespace keywatch::http {

// Must not move: libcurl knows its address.
struct CurlConnection {
  struct Closer {
    void operator()(CURL* open) const { curl_easy_cleanup(open); }
  };

  std::unique_ptr<CURL, Closer> handle;
  AddressPolicy addresses;
  std::string refusal;  // why the last address was not connected to; cleared by the caller

  // False when memory is short.
  bool Open(const ClientOptions& options);
  template <class Value>
  void Set(CURLoption option, Value value) {
    curl_easy_setopt(handle.get(), option, value);
  }
};

TransportError Judge(CURLcode code);

}  // namespace keywatch::http
