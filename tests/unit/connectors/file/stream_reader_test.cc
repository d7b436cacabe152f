#include "connectors/file/stream_reader.h"

#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/support/packed.h"
#include "tests/support/temp_dir.h"

namespace keywatch::file {
namespace {

using tests::Gzip;
using tests::TempDir;
using tests::WriteFile;
using tests::Zstd;

class Opened {
 public:
  explicit Opened(const std::string& path) : fd(::open(path.c_str(), O_RDONLY)) {}
  ~Opened() { ::close(fd); }
  Opened(const Opened&) = delete;
  Opened& operator=(const Opened&) = delete;
  const int fd;
};

std::string Take(StreamReader* reader, int64_t offset, size_t bytes) {
  std::string text(bytes, '\0');
  Result<size_t> got = reader->ReadAt(offset, text.data(), bytes);
  EXPECT_TRUE(got) << got.error().message();
  text.resize(got ? *got : 0);
  return text;
}

std::string Damage(const StreamReader& reader) {
  bool may_grow = false;
  std::string damage = reader.Damage(&may_grow);
  return may_grow ? "for now: " + damage : damage;
}

TEST(StreamReader, AnyOffsetCanBeAskedFor) {
  TempDir dir;
  std::string text;
  for (int i = 0; i < 20000; ++i)
    text += std::to_string(i) + " ";
  WriteFile(dir.File("f"), Zstd(text));
  Opened file(dir.File("f"));
  StreamReader reader(file.fd, "f", FileForm::kZstd, {});
  for (size_t offset : {0U, 10U, 5U, 60000U, 60100U, 60050U, 3U, 100000U}) {
    ASSERT_EQ(Take(&reader, static_cast<int64_t>(offset), 100), text.substr(offset, 100));
  }
  EXPECT_EQ(Take(&reader, 100, 1000000), text.substr(100));
  EXPECT_TRUE(reader.complete());
  EXPECT_EQ(reader.text_end(), static_cast<int64_t>(text.size()));
  EXPECT_EQ(Take(&reader, 1000000, 10), "");
  EXPECT_EQ(Damage(reader), "");
}

TEST(StreamReader, AFileThatIsStillBeingWrittenGoesOn) {
  TempDir dir;
  std::string text;
  for (int i = 0; i < 90000; ++i)
    text += std::to_string(i * 7919) + "\n";
  std::string packed = Gzip(text);
  WriteFile(dir.File("f"), packed.substr(0, 5000));
  Opened file(dir.File("f"));
  StreamReader reader(file.fd, "f", FileForm::kGzip, {});
  std::string first = Take(&reader, 0, text.size());
  EXPECT_EQ(Damage(reader), "for now: the gzip data ends in the middle, at byte 5000");
  EXPECT_FALSE(reader.complete());
  tests::AppendFile(dir.File("f"), packed.substr(5000));
  EXPECT_EQ(first + Take(&reader, static_cast<int64_t>(first.size()), text.size()), text);
  EXPECT_EQ(Damage(reader), "");
  EXPECT_TRUE(reader.complete());
}

TEST(StreamReader, TextBeforeTheDamageIsRead) {
  TempDir dir;
  WriteFile(dir.File("f"), Gzip("good") + "bad");
  Opened file(dir.File("f"));
  StreamReader reader(file.fd, "f", FileForm::kGzip, {});
  EXPECT_EQ(Take(&reader, 0, 100), "good");
  EXPECT_FALSE(reader.complete());
  EXPECT_TRUE(Damage(reader).starts_with("the gzip data is damaged at byte ")) << Damage(reader);
}

TEST(StreamReader, ABombStops) {
  TempDir dir;
  WriteFile(dir.File("f"), Gzip(std::string(size_t{16} << 20, ' ')));
  Opened file(dir.File("f"));
  UnpackLimits limits{1 << 20, 500};
  StreamReader reader(file.fd, "f", FileForm::kGzip, limits);
  int64_t unpacked = 0;
  while (size_t got = Take(&reader, unpacked, size_t{64} << 10).size())
    unpacked += static_cast<int64_t>(got);
  EXPECT_LT(unpacked, int64_t{2} << 20);
  EXPECT_NE(Damage(reader).find("more than 500 times its size"), std::string::npos)
      << Damage(reader);
  limits.most_ratio = 2000;
  StreamReader patient(file.fd, "f", FileForm::kGzip, limits);
  EXPECT_EQ(Take(&patient, 0, size_t{16} << 20).size(), size_t{16} << 20);
}

TEST(StreamReader, APipeIsReadAsItComesAndToItsEnd) {
  for (bool packed : {false, true}) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    StreamReader reader(ends[0], "standard input", UnpackLimits());
    EXPECT_EQ(Take(&reader, 0, 10), "");  // and does not wait
    std::string bytes = packed ? Gzip("{\"a\":1}\n") : "{\"a\":1}\n";
    ASSERT_EQ(::write(ends[1], bytes.data(), 2), 2);
    Take(&reader, 0, 100);
    ASSERT_EQ(::write(ends[1], bytes.data() + 2, bytes.size() - 2),
              static_cast<ssize_t>(bytes.size() - 2));
    reader.WaitForMore(std::chrono::milliseconds(1000));
    EXPECT_EQ(Take(&reader, 0, 100), "{\"a\":1}\n");
    EXPECT_FALSE(reader.closed());
    ::close(ends[1]);
    EXPECT_EQ(Take(&reader, 8, 100), "");
    EXPECT_TRUE(reader.closed());
    EXPECT_TRUE(reader.complete());
    ::close(ends[0]);
  }
}

}  // namespace
}  // namespace keywatch::file
