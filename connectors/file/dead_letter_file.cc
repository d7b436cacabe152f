#include "connectors/file/dead_letter_file.h"

#include <filesystem>
#include <fstream>
#include <utility>

#include <fmt/format.h>

#include "engine/alert/json_text.h"
#include "engine/base/crypto.h"
#include "engine/base/log.h"

namespace keywatch::file {
namespace {

constexpr std::string_view kOtherReason = "other";

void Member(std::string_view name, std::string_view text, std::string* out) {
  *out += ",\"";
  *out += name;
  *out += "\":";
  alert::AppendText(text, out);
}

std::string Opening(std::string_view kind) {
  std::string out = fmt::format("{{\"kind\":\"{}\",\"time\":", kind);
  alert::AppendTime(record::WallNow(), &out);
  return out;
}

// Lines that an earlier run left.
uint64_t CountLines(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error))
    return 0;
  std::ifstream file(path, std::ios::binary);
  std::vector<char> block(1 << 16);
  uint64_t lines = 0;
  while (file) {
    file.read(block.data(), static_cast<std::streamsize>(block.size()));
    for (std::streamsize i = 0; i < file.gcount(); ++i) {
      if (block[static_cast<size_t>(i)] == '\n')
        ++lines;
    }
  }
  return lines;
}

std::string RecordLine(const pipeline::RejectedRecord& rejected, size_t most_bytes) {
  std::string out = Opening("record");
  Member("reason", rejected.reason, &out);
  Member("detail", rejected.detail, &out);
  Member("origin", rejected.origin, &out);
  out += fmt::format(",\"offset\":{},\"bytePosition\":{},\"size\":{}",
                     rejected.offset,
                     rejected.byte_position,
                     rejected.bytes.size());
  std::string_view bytes = rejected.bytes;
  if (alert::IsUtf8(bytes)) {
    Member("text", alert::CutUtf8(bytes, most_bytes), &out);
  } else {
    Member("base64", Base64Encode(bytes.substr(0, most_bytes)), &out);
  }
  return out + "}\n";
}

std::string AlertLine(const pipeline::DeadAlert& dead) {
  std::string out = Opening("alert");
  Member("sink", dead.sink, &out);
  Member("reason", dead.reason, &out);
  Member("detail", dead.detail, &out);
  out += fmt::format(",\"attempts\":{},\"created\":", dead.attempts);
  alert::AppendTime(dead.created, &out);
  Member("id", dead.alert->id, &out);
  // Our own canonical JSON: one line, and valid.
  out += ",\"alert\":";
  out += dead.alert->json;
  return out + "}\n";
}

}  // namespace

DeadLetterFile::DeadLetterFile(DeadLetterOptions options, MetricRegistry* metrics)
    : options_(std::move(options)), file_(options_.path) {
  std::vector<std::string> reasons = options_.reasons;
  reasons.emplace_back(kOtherReason);
  for (const std::string& reason : reasons) {
    records_[reason] = metrics->AddCounter("keywatch_dlq_records_total",
                                           "Dead letters written, by reason.",
                                           {{"sink", "decoder"}, {"reason", reason}});
  }
  Labels labels = {{"file", std::filesystem::path(options_.path).filename().string()}};
  discarded_ = metrics->AddCounter(
      "keywatch_dlq_discarded_total", "Dead letters lost when their file was rotated.", labels);
  failures_ = metrics->AddCounter(
      "keywatch_dlq_failures_total", "Dead letters that could not be written.", labels);
}

Result<std::unique_ptr<DeadLetterFile>> DeadLetterFile::Make(DeadLetterOptions options,
                                                             MetricRegistry* metrics) {
  std::unique_ptr<DeadLetterFile> made(new DeadLetterFile(std::move(options), metrics));
  KEYWATCH_RETURN_IF_ERROR(made->file_.Open());
  made->lines_ = CountLines(made->options_.path);
  made->previous_lines_ = CountLines(made->options_.path + ".1");
  return made;
}

Status DeadLetterFile::Append(const std::string& line) {
  if (file_.size() > 0 && file_.size() + line.size() > options_.most_bytes) {
    KEYWATCH_RETURN_IF_ERROR(file_.Rotate());
    if (previous_lines_ > 0) {
      discarded_.Add(static_cast<double>(previous_lines_));
      Log(LogLevel::kWarning,
          "dead letters discarded: the file was rotated twice",
          {{"file", options_.path}, {"letters", std::to_string(previous_lines_)}});
    }
    previous_lines_ = std::exchange(lines_, 0);
  }
  KEYWATCH_RETURN_IF_ERROR(file_.Append(line));
  ++lines_;
  return {};
}

Status DeadLetterFile::AddRecord(const pipeline::RejectedRecord& rejected) {
  std::string line = RecordLine(rejected, options_.most_record_bytes);
  std::lock_guard lock(mutex_);
  Status written = Append(line);
  if (!written.ok()) {
    failures_.Add();
    return written;
  }
  auto counter = records_.find(rejected.reason);
  if (counter == records_.end())
    counter = records_.find(kOtherReason);
  counter->second.Add();
  return {};
}

Status DeadLetterFile::Sync() {
  std::lock_guard lock(mutex_);
  return file_.Sync();
}

Status DeadLetterFile::AddAlert(const pipeline::DeadAlert& dead) {
  std::string line = AlertLine(dead);
  std::lock_guard lock(mutex_);
  Status written = Append(line);
  if (written.ok())
    written = file_.Sync();
  if (!written.ok())
    failures_.Add();
  return written;
}

}  // namespace keywatch::file
