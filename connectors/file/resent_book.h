// Which dead letters were delivered after all: a text file beside the dead-letter file, one key a
// line, on disk before the next alert is sent. A letter sent twice would be an alert twice.
//
// One process at a time (flock). Bounded by the dead-letter file: Open() forgets the keys of
// letters that are no longer there.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "connectors/file/dead_letter_reader.h"
#include "connectors/file/line_file.h"
#include "engine/base/status.h"

namespace keywatch::file {

// Of one letter: an alert that died twice has two.
std::string ResentKey(const DeadLetter& letter);

class ResentBook {
 public:
  // `known`: the keys of all letters in the dead-letter file. kUnavailable: another process has it.
  static Result<std::unique_ptr<ResentBook>> Open(const std::string& path,
                                                  const std::set<std::string>& known);
  // The keys, without taking the book.
  static std::set<std::string> Read(const std::string& path);
  ~ResentBook();
  ResentBook(const ResentBook&) = delete;
  ResentBook& operator=(const ResentBook&) = delete;

  [[nodiscard]] bool Has(const std::string& key) const { return keys_.contains(key); }
  Status Add(const std::string& key);

 private:
  explicit ResentBook(const std::string& path) : file_(path) {}

  std::set<std::string> keys_;
  LineFile file_;
  int lock_ = -1;
};

}  // namespace keywatch::file
