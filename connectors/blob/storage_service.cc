#include "connectors/blob/storage_service.h"

#include <utility>

namespace keywatch::blob {
namespace {

class HttpStorageService : public StorageService {
 public:
  HttpStorageService(StorageAccount account,
                     std::unique_ptr<http::Client> client,
                     std::shared_ptr<StorageLogin> login)
      : account_(std::move(account)), client_(std::move(client)), login_(std::move(login)) {}

  Result<http::Response> Send(const StorageRequest& request) override {
    Result<SignedRequest> ready = login_->Sign(account_, request);
    if (!ready)
      return ready.error();
    http::Request out;
    out.method = "GET";
    out.target = ready->target;
    out.headers.assign(ready->headers.begin(), ready->headers.end());
    out.most_body = request.most_body;
    http::Response response = client_->Send(out);
    if (response.status == 401)
      login_->Refused(*ready);
    return response;
  }

  void Cancel() override {
    login_->Cancel();
    client_->Cancel();
  }

 private:
  const StorageAccount account_;
  const std::unique_ptr<http::Client> client_;
  const std::shared_ptr<StorageLogin> login_;
};

}  // namespace

Result<std::unique_ptr<StorageService>> MakeStorageService(StorageAccount account,
                                                           http::ClientOptions client,
                                                           std::shared_ptr<StorageLogin> login) {
  auto made = http::Client::Make(account.origin, std::move(client));
  if (!made)
    return made.error();
  return std::unique_ptr<StorageService>(
      std::make_unique<HttpStorageService>(std::move(account), std::move(*made), std::move(login)));
}

Lanes::Lanes(std::vector<std::unique_ptr<StorageService>> services)
    : services_(std::move(services)) {
  for (const auto& service : services_)
    threads_.emplace_back([this, service = service.get()] { Run(service); });
}

Lanes::~Lanes() { Stop(); }

void Lanes::Run(StorageService* service) {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    if (stopping_)
      return;
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job(*service);
    job = nullptr;  // what it holds is let go without the lock
    lock.lock();
  }
}

void Lanes::Submit(Job job) {
  {
    std::lock_guard lock(mutex_);
    if (stopping_)
      return;
    jobs_.push_back(std::move(job));
  }
  changed_.notify_one();
}

void Lanes::DropWaiting() {
  std::deque<Job> dropped;
  std::lock_guard lock(mutex_);
  dropped.swap(jobs_);
}

void Lanes::Stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    jobs_.clear();
  }
  changed_.notify_all();
  for (const auto& service : services_)
    service->Cancel();
  for (std::thread& thread : threads_) {
    if (thread.joinable())
      thread.join();
  }
}

}  // namespace keywatch::blob
