// A container in this process, that answers as the Blob service does.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "connectors/blob/storage_service.h"

namespace keywatch::blob {

class FakeContainer {
 public:
  struct Blob {
    std::string text;
    int version = 0;
    Ticks modified = 0;
  };

  void Append(const std::string& name, const std::string& text) {
    std::lock_guard lock(mutex_);
    Blob& blob = blobs_[name];
    blob.text += text;
    blob.version = ++versions_;
    blob.modified = now_;
  }
  void Replace(const std::string& name, const std::string& text) {
    Remove(name);
    Append(name, text);
  }
  void Remove(const std::string& name) {
    std::lock_guard lock(mutex_);
    blobs_.erase(name);
  }
  void SetNow(Ticks now) {
    std::lock_guard lock(mutex_);
    now_ = now;
  }
  [[nodiscard]] Ticks now() const {
    std::lock_guard lock(mutex_);
    return now_;
  }
  // Answers of the next requests.
  void Fail(http::Response response) {
    std::lock_guard lock(mutex_);
    failures_.push_back(std::move(response));
  }
  // Blobs that cannot be read.
  void Archive(const std::string& name) {
    std::lock_guard lock(mutex_);
    archived_.insert(name);
  }
  // Every so many requests one breaks; 0: none.
  void FailEvery(int requests) {
    std::lock_guard lock(mutex_);
    fail_every_ = requests;
  }
  [[nodiscard]] size_t most_asked() const { return most_asked_; }

  http::Response Send(const StorageRequest& request) {
    std::lock_guard lock(mutex_);
    http::Response response;
    response.status = 200;
    if (fail_every_ > 0 && ++asked_ % fail_every_ == 0) {
      response.error = http::TransportError::kReset;
    } else if (!failures_.empty()) {
      response = std::move(failures_.front());
      failures_.pop_front();
    } else if (request.query.contains("comp")) {
      response.body = List(request);
    } else {
      Read(request, &response);
    }
    response.headers["date"] = HttpDate(now_);
    return response;
  }

 private:
  // A page of two, so that pages are followed.
  std::string List(const StorageRequest& request) const {
    auto value = [&](const char* name) {
      auto found = request.query.find(name);
      return found == request.query.end() ? std::string() : found->second;
    };
    const std::string prefix = value("prefix");
    std::string items, next;
    std::string last_folder;
    int count = 0;
    for (const auto& [name, blob] : blobs_) {
      if (!name.starts_with(prefix))
        continue;
      std::string entry = name;
      size_t slash = name.find('/', prefix.size());
      bool folder = request.query.contains("delimiter") && slash != std::string::npos;
      if (folder)
        entry = name.substr(0, slash + 1);
      if (entry == last_folder || entry <= value("marker"))
        continue;
      if (++count > 2) {
        next = last_entry_;
        break;
      }
      last_entry_ = entry;
      if (folder) {
        last_folder = entry;
        items += "<BlobPrefix><Name>" + entry + "</Name></BlobPrefix>";
      } else {
        items += fmt::format(
            "<Blob><Name>{}</Name><Properties><Last-Modified>{}</Last-Modified><Etag>0x{}</Etag>"
            "<Content-Length>{}</Content-Length></Properties></Blob>",
            entry,
            HttpDate(blob.modified),
            blob.version,
            blob.text.size());
      }
    }
    return "<EnumerationResults><Blobs>" + items + "</Blobs><NextMarker>" + next +
           "</NextMarker></EnumerationResults>";
  }

  void Read(const StorageRequest& request, http::Response* response) {
    auto found = blobs_.find(request.blob);
    if (found == blobs_.end() || archived_.contains(request.blob)) {
      bool gone = found == blobs_.end();
      response->status = gone ? 404 : 409;
      response->headers["x-ms-error-code"] = gone ? "BlobNotFound" : "BlobArchived";
      return;
    }
    size_t begin = 0, last = 0;
    const std::string& range = request.headers.at("x-ms-range");
    if (std::sscanf(range.c_str(), "bytes=%zu-%zu", &begin, &last) != 2 ||
        begin >= found->second.text.size()) {
      response->status = 416;
      response->headers["x-ms-error-code"] = "InvalidRange";
      return;
    }
    most_asked_ = std::max(most_asked_, last - begin + 1);
    response->status = 206;
    response->body = found->second.text.substr(begin, last - begin + 1);
  }

  mutable std::mutex mutex_;
  std::map<std::string, Blob> blobs_;
  std::set<std::string> archived_;
  std::deque<http::Response> failures_;
  int fail_every_ = 0;
  int asked_ = 0;
  int versions_ = 0;
  Ticks now_ = *record::ParseIsoDatetime("2026-11-30T10:20:00Z");
  mutable std::string last_entry_;
  size_t most_asked_ = 0;
};

class FakeService : public StorageService {
 public:
  explicit FakeService(FakeContainer* container) : container_(container) {}
  Result<http::Response> Send(const StorageRequest& request) override {
    return container_->Send(request);
  }
  void Cancel() override {}

 private:
  FakeContainer* container_;
};

inline std::vector<std::unique_ptr<StorageService>> FakeServices(FakeContainer* container,
                                                                 int count) {
  std::vector<std::unique_ptr<StorageService>> services;
  for (int i = 0; i < count; ++i)
    services.push_back(std::make_unique<FakeService>(container));
  return services;
}

}  // namespace keywatch::blob
