// What the decoder tests share: records written by hand in both layouts, a decoder over chosen
// columns, and rows read back as text.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/decode/json_decoder.h"

namespace keywatch::decode {

// A record in the vault layout: identity an object, durationMs a string, most under `properties`.
inline std::string VaultRecord(int number = 0) {
  std::string n = std::to_string(number);
  return R"({"time": "2026-03-01T10:00:00.1234567Z", "category": "AuditEvent", )"
         R"("operationName": "SecretGet", "resultType": "Success", "correlationId": "c-)" +
         n +
         R"(", "callerIpAddress": "198.51.100.7", "identity": {"claim": {"oid": "o-1", )"
         R"("appid": "a-1", "upn": "ann@contoso.example", "xms_az_nwperimid": []}}, )"
         R"("properties": {"id": "https://v.vault.azure.net/secrets/s)" +
         n +
         R"(", "clientInfo": "agent/1.0", "httpStatusCode": 200, )"
         R"("requestUri": "https://v.vault.azure.net/secrets/s)" +
         n +
         R"(?api-version=7.4", "tlsVersion": "TLS1_3"}, )"
         R"("resourceId": "/SUBSCRIPTIONS/Sub-1/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/myvault", )"
         R"("operationVersion": "7.4", "resultSignature": "OK", "durationMs": "78"})";
}

// A record in the Managed HSM layout: identity is JSON in a string, durationMs a number, most at
// top.
inline std::string HsmRecord(int number = 0) {
  std::string n = std::to_string(number);
  return R"({"TenantId":"t-1","time":"2026-03-01T10:00:01.500Z",)"
         R"("resourceId":"/SUBSCRIPTIONS/SUB-1/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.KEYVAULT/MANAGEDHSMS/HSM-1",)"
         R"("operationName":"KeyRelease","operationVersion":"7.4","category":"AuditEvent","resultType":"Success",)"
         R"("properties":{"PoolType":"M-HSM","sku_Family":"B","sku_Name":"Standard_B1"},"durationMs":488,)"
         R"("callerIpAddress":"203.0.113.9","identity":"{\"claim\":{\"appid\":\"a-2\",)"
         R"(\"http_schemas_microsoft_com_identity\":{\"claims\":{\"objectidentifier\":\"o-2\"}},)"
         R"(\"http_schemas_xmlsoap_org_ws_2005_05_identity\":{\"claims\":{\"upn\":\"bob@contoso.example\"}}}}",)"
         R"("clientInfo":"agent/2.0","correlationId":"h-)" +
         n +
         R"j(","subnetId":"(unknown)","httpStatusCode":202,"PoolName":"hsm-1",)j"
         R"("requestUri":"https://hsm-1.managedhsm.azure.net/keys/k)" +
         n +
         R"(/release","resourceGroup":"rg","resourceProvider":"MICROSOFT.KEYVAULT","resource":"hsm-1","resourceType":"managedHSMs"})";
}

inline std::string Envelope(const std::vector<std::string>& records) {
  std::string out = R"({"records":[)";
  for (size_t i = 0; i < records.size(); ++i)
    out += (i > 0 ? "," : "") + records[i];
  return out + "]}";
}

inline record::BatchLayout WholeLayout() {
  record::BatchLayout layout;
  for (const char* name : {"AzureDiagnostics", "AZKVAuditLogs"}) {
    const record::Table* table = record::SchemaCatalog::Builtin().Find(name);
    for (const record::TableColumn& column : table->columns)
      layout.Add(*table, column);
  }
  return layout;
}

// A copy of what a batch held, because the next batch makes its views void.
struct DecodedRow {
  std::map<std::string, record::Value> cells;  // by column of the layout
  record::Ticks time = 0;
  uint64_t id = 0;
  std::string raw;
  std::string origin;
  int64_t offset = 0;
  uint32_t index = 0;

  // tostring() of a cell.
  [[nodiscard]] std::string Text(const std::string& column) const {
    auto found = cells.find(column);
    return found == cells.end() ? "no such column" : record::ToText(found->second);
  }
  [[nodiscard]] bool IsNull(const std::string& column) const { return cells.at(column).is_null(); }
};

struct Rejected {
  std::string reason;
  uint64_t position = 0;
  std::string bytes;
};

struct Decoded {
  std::vector<DecodedRow> rows;
  std::vector<Rejected> rejected;
  std::vector<size_t> batch_sizes;
};

class DecodeRun {
 public:
  explicit DecodeRun(record::BatchLayout layout = WholeLayout(), const DecodeLimits& limits = {})
      : layout_(std::move(layout)), decoder_(layout_, limits) {}

  // Each message in memory of exactly its size, so that a sanitizer sees a byte read behind it.
  Decoded Messages(const std::vector<std::string>& texts) {
    std::vector<std::unique_ptr<char[]>> memory;
    pipeline::RawBatch batch;
    for (size_t i = 0; i < texts.size(); ++i) {
      memory.push_back(std::make_unique<char[]>(texts[i].size()));
      texts[i].copy(memory.back().get(), texts[i].size());
      batch.messages.push_back(
          {&origin_, static_cast<int64_t>(i), {memory.back().get(), texts[i].size()}, 0});
    }
    Decoded out;
    for (size_t next = 0; next < batch.messages.size();) {
      decoder_.Decode(batch, &next, &rows_, [&](const pipeline::RejectedRecord& r) {
        out.rejected.push_back({r.reason, r.byte_position, std::string(r.bytes)});
      });
      out.batch_sizes.push_back(rows_.rows);
      for (size_t row = 0; row < rows_.rows; ++row)
        out.rows.push_back(Copy(row));
    }
    return out;
  }
  Decoded Message(const std::string& text) { return Messages({text}); }

  [[nodiscard]] const DecodeStats& stats() const { return decoder_.stats(); }
  [[nodiscard]] const record::RecordBatch& batch() const { return rows_; }

 private:
  DecodedRow Copy(size_t row) const {
    DecodedRow copy;
    for (size_t i = 0; i < layout_.columns().size(); ++i) {
      const record::LayoutColumn& column = layout_.columns()[i];
      record::Value value = record::CellValue(rows_.columns[i], row);
      copy.cells.emplace(column.name, value);
      copy.cells.emplace(column.table + "." + column.name, value);
    }
    copy.time = rows_.event_time[row];
    copy.id = rows_.record_id[row];
    copy.raw = rows_.raw[row];
    copy.origin = *rows_.origin[row].origin;
    copy.offset = rows_.origin[row].offset;
    copy.index = rows_.origin[row].index;
    return copy;
  }

  std::string origin_ = "audit/3";
  record::BatchLayout layout_;
  JsonDecoder decoder_;
  record::RecordBatch rows_;
};

// The first occurrence of `from` replaced; the tests rely on there being one.
inline std::string Replaced(std::string text, std::string_view from, std::string_view to) {
  size_t at = text.find(from);
  if (at == std::string::npos)
    return "nothing to replace";
  return text.replace(at, from.size(), to);
}

}  // namespace keywatch::decode
