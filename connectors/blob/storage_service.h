// Asks the Blob service; and a few threads that do so at the same time.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "connectors/blob/storage_login.h"
#include "connectors/blob/storage_request.h"
#include "connectors/http/client.h"

namespace keywatch::blob {

// One connection. One request at a time, from one thread; Cancel() from any.
class StorageService {
 public:
  virtual ~StorageService() = default;
  // An error: no login could be had; its message says what to do.
  virtual Result<http::Response> Send(const StorageRequest& request) = 0;
  // Makes a running Send() return soon, and every later one at once.
  virtual void Cancel() = 0;
};

// Opens no connection. Refuses what http::Client refuses.
Result<std::unique_ptr<StorageService>> MakeStorageService(StorageAccount account,
                                                           http::ClientOptions client,
                                                           std::shared_ptr<StorageLogin> login);

// Runs jobs on a thread for each service, in the order in which they were submitted.
class Lanes {
 public:
  using Job = std::function<void(StorageService&)>;

  explicit Lanes(std::vector<std::unique_ptr<StorageService>> services);
  ~Lanes();
  Lanes(const Lanes&) = delete;
  Lanes& operator=(const Lanes&) = delete;

  [[nodiscard]] size_t size() const { return services_.size(); }
  void Submit(Job job);
  // Forgets the jobs that have not begun.
  void DropWaiting();
  // Cancels what runs and forgets the rest; returns when the threads have ended.
  void Stop();

 private:
  void Run(StorageService* service);

  const std::vector<std::unique_ptr<StorageService>> services_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;   // guarded by mutex_
  bool stopping_ = false;  // guarded by mutex_
  std::vector<std::thread> threads_;
};

}  // namespace keywatch::blob
