#include "connectors/file/resent_book.h"

#include <cerrno>
#include <cstring>
#include <fstream>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace keywatch::file {

std::string ResentKey(const DeadLetter& letter) {
  return letter.time + " " + letter.sink + " " + letter.alert.id +
         (letter.alert.ended ? " ended" : " raised");
}

std::set<std::string> ResentBook::Read(const std::string& path) {
  std::set<std::string> keys;
  std::ifstream in(path, std::ios::binary);
  for (std::string line; std::getline(in, line);)
    keys.insert(line);
  return keys;
}

Result<std::unique_ptr<ResentBook>> ResentBook::Open(const std::string& path,
                                                     const std::set<std::string>& known) {
  std::unique_ptr<ResentBook> book(new ResentBook(path));
  std::string lock = path + ".lock";
  book->lock_ = open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (book->lock_ < 0)
    return Unavailable("cannot write " + lock + ": " + std::strerror(errno));
  if (flock(book->lock_, LOCK_EX | LOCK_NB) != 0)
    return Unavailable("another `keywatch deadletter resend` is at work: wait for its end");
  std::set<std::string> before = Read(path);
  for (const std::string& key : before) {
    if (known.contains(key))
      book->keys_.insert(key);
  }
  if (book->keys_.size() < before.size()) {
    // Written anew beside, then put in place: a crash leaves the old one or the new one.
    std::string fresh = path + ".new";
    (void)unlink(fresh.c_str());
    LineFile file(fresh);
    KEYWATCH_RETURN_IF_ERROR(file.Open());
    for (const std::string& key : book->keys_)
      KEYWATCH_RETURN_IF_ERROR(file.Append(key + "\n"));
    KEYWATCH_RETURN_IF_ERROR(file.Sync());
    if (rename(fresh.c_str(), path.c_str()) != 0)
      return Unavailable("cannot replace " + path + ": " + std::strerror(errno));
  }
  KEYWATCH_RETURN_IF_ERROR(book->file_.Open());
  return book;
}

ResentBook::~ResentBook() {
  if (lock_ >= 0)
    close(lock_);
}

Status ResentBook::Add(const std::string& key) {
  keys_.insert(key);
  KEYWATCH_RETURN_IF_ERROR(file_.Append(key + "\n"));
  return file_.Sync();
}

}  // namespace keywatch::file
