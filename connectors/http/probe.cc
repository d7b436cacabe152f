#include "connectors/http/probe.h"

#include <httplib.h>

namespace keywatch::http {

int ProbeUrl(const std::string& url) {
  size_t host = url.find("://");
  if (host == std::string::npos)
    return 0;
  size_t path = url.find('/', host + 3);
  httplib::Client client(url.substr(0, path));
  client.set_connection_timeout(2);
  client.set_read_timeout(2);
  auto reply = client.Get(path == std::string::npos ? "/" : url.substr(path).c_str());
  return reply ? reply->status : 0;
}

}  // namespace keywatch::http
