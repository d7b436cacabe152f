// The query API of Azure, with a token of Entra ID.
#pragma once

#include <memory>
#include <string>

#include "connectors/azure/token_provider.h"
#include "connectors/http/client.h"
#include "connectors/loganalytics/log_analytics_source.h"

namespace keywatch::loganalytics {

// `endpoint` is https://api.loganalytics.azure.com or that of a national cloud. Opens no
// connection.
Result<std::unique_ptr<QueryService>> MakeAzureQueryService(
    const std::string& endpoint,
    const std::string& workspace_id,
    http::ClientOptions client,
    std::unique_ptr<azure::TokenProvider> tokens);

}  // namespace keywatch::loganalytics
