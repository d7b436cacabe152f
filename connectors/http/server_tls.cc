#include "connectors/http/server_tls.h"

#include <array>
#include <utility>

#include <fmt/format.h>
#include <openssl/err.h>
#include <sys/stat.h>

#include "engine/base/log.h"

namespace keywatch::http {
namespace {

using Clock = std::chrono::steady_clock;

// The reason of the last error, which OpenSSL then forgets.
std::string Reason() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  if (code == 0)
    return "no reason given";
  std::array<char, 256> text{};
  const char* reason = ERR_reason_error_string(code);
  if (reason != nullptr)
    return reason;
  ERR_error_string_n(code, text.data(), text.size());
  return text.data();
}

// Changes when the file is written or replaced, also by a link that points elsewhere.
std::string Version(const std::string& path) {
  struct stat found {};
  if (path.empty() || stat(path.c_str(), &found) != 0)
    return "-";
  return fmt::format(
      "{}.{}.{}.{}", found.st_ino, found.st_size, found.st_mtim.tv_sec, found.st_mtim.tv_nsec);
}

}  // namespace

ServerTls::ServerTls(ServerTlsFiles files, std::chrono::milliseconds look_interval)
    : files_(std::move(files)), look_interval_(look_interval) {}

std::string ServerTls::Versions() const {
  return fmt::format(
      "{} {} {}", Version(files_.cert), Version(files_.key), Version(files_.client_ca));
}

Result<ServerTls::Context> ServerTls::Read() const {
  ERR_clear_error();
  Context read(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (read == nullptr)
    return Unavailable("out of memory");
  const auto refuse = [](const char* what, const std::string& path, const char* expected) {
    return InvalidInput(
        fmt::format("the {} {} cannot be used: {}; expected {}", what, path, Reason(), expected));
  };
  if (SSL_CTX_use_certificate_chain_file(read.get(), files_.cert.c_str()) != 1) {
    return refuse("certificate", files_.cert, "a PEM file that this user may read");
  }
  if (SSL_CTX_use_PrivateKey_file(read.get(), files_.key.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(read.get()) != 1) {
    return refuse("key",
                  files_.key,
                  "a PEM file without password that this user may read, with the key that belongs "
                  "to the certificate");
  }
  if (files_.client_ca.empty())
    return read;
  STACK_OF(X509_NAME)* names = SSL_load_client_CA_file(files_.client_ca.c_str());
  if (names == nullptr ||
      SSL_CTX_load_verify_locations(read.get(), files_.client_ca.c_str(), nullptr) != 1) {
    sk_X509_NAME_pop_free(names, X509_NAME_free);
    return refuse("client CA", files_.client_ca, "a PEM file that this user may read");
  }
  SSL_CTX_set_client_CA_list(read.get(), names);
  return read;
}

Status ServerTls::Attach(SSL_CTX* context) {
  std::string versions = Versions();  // before they are read
  Result<Context> read = Read();
  if (!read)
    return read.error();
  {
    std::lock_guard lock(mutex_);
    current_ = std::move(*read);
    versions_ = std::move(versions);
    next_look_ = Clock::now() + look_interval_;
  }
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  if (!files_.client_ca.empty()) {
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    // A resumed session would show no certificate: a CA that was taken away would still count.
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(context, 0);
  }
  SSL_CTX_set_cert_cb(context, &ServerTls::OnHandshake, this);
  return {};
}

ServerTls::Context ServerTls::Current() {
  std::lock_guard lock(mutex_);
  const Clock::time_point now = Clock::now();
  if (now < next_look_)
    return current_;
  next_look_ = now + look_interval_;
  std::string versions = Versions();  // before they are read
  if (versions == versions_ && problem_.empty())
    return current_;
  Result<Context> read = Read();
  if (!read) {
    if (read.error().message() != problem_) {
      problem_ = read.error().message();
      Log(LogLevel::kError,
          "changed TLS files cannot be used: clients are served with those read before",
          {{"problem", problem_}});
    }
    return current_;
  }
  current_ = std::move(*read);
  versions_ = std::move(versions);
  problem_.clear();
  Log(LogLevel::kInfo, "TLS files have changed and are in use", {{"certificate", files_.cert}});
  return current_;
}

// Called by OpenSSL for each handshake, before the server shows its certificate.
int ServerTls::OnHandshake(SSL* connection, void* self) {
  const Context current = static_cast<ServerTls*>(self)->Current();
  STACK_OF(X509)* chain = nullptr;
  SSL_CTX_get0_chain_certs(current.get(), &chain);
  const bool certified =
      SSL_use_certificate(connection, SSL_CTX_get0_certificate(current.get())) == 1 &&
      SSL_use_PrivateKey(connection, SSL_CTX_get0_privatekey(current.get())) == 1 &&
      SSL_set1_chain(connection, chain) == 1;
  if (!certified)
    return 0;
  if ((SSL_get_verify_mode(connection) & SSL_VERIFY_PEER) == 0)
    return 1;
  SSL_set_client_CA_list(connection, SSL_dup_CA_list(SSL_CTX_get_client_CA_list(current.get())));
  return SSL_set1_verify_cert_store(connection, SSL_CTX_get_cert_store(current.get())) == 1 ? 1 : 0;
}

}  // namespace keywatch::http
