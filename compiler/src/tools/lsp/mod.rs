//! `tpuc-lsp`: a language server for MLIR text over standard input and output. Diagnostics while one types, hover, go to
//! definition, references and an outline.

mod document;
mod position;

use crate::tools::output;
use document::Document;
use lsp_server::{Connection, Message, Notification, Request, RequestId, Response};
use lsp_types::notification::{
    DidChangeTextDocument, DidCloseTextDocument, DidOpenTextDocument, Notification as _, PublishDiagnostics,
};
use lsp_types::request::{DocumentSymbolRequest, GotoDefinition, HoverRequest, References, Request as _};
use lsp_types::{
    DidChangeTextDocumentParams, DidCloseTextDocumentParams, DidOpenTextDocumentParams,
    DocumentSymbolResponse, GotoDefinitionResponse, Hover, HoverContents, HoverProviderCapability, Location,
    MarkupContent, MarkupKind, OneOf, PublishDiagnosticsParams, ServerCapabilities,
    TextDocumentSyncCapability, TextDocumentSyncKind,
};
use serde::de::DeserializeOwned;
use std::collections::HashMap;
use std::process::ExitCode;

const HELP: &str = "tpuc-lsp: a language server for MLIR text (top and tpu dialects) over standard input and output.

Usage: tpuc-lsp

An editor starts it; it takes no options. It shows errors while one types, the type, shape, threshold and location of a value
on hover, goes to definitions, finds references, and lists functions and values.
Example (Neovim): vim.lsp.start({ name = 'tpuc', cmd = { 'tpuc-lsp' } })
";

/// Serves until the editor says exit.
pub fn main(arguments: &[std::ffi::OsString]) -> ExitCode {
    match arguments
        .get(1)
        .map(|argument| argument.to_string_lossy().into_owned())
    {
        None => {}
        // Some editors say over which channel they speak; this one is the only one here.
        Some(channel) if channel == "--stdio" => {}
        Some(help) if help == "--help" || help == "-h" => {
            return if output::print(HELP).is_ok() {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            };
        }
        Some(other) => {
            output::print_error(&format!(
                "error: unknown argument '{other}'; tpuc-lsp takes none (--help)\n"
            ));
            return ExitCode::FAILURE;
        }
    }
    let (connection, threads) = Connection::stdio();
    let served = serve(&connection);
    drop(connection);
    let joined = threads.join();
    match served.and_then(|()| joined.map_err(|error| error.to_string())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            output::print_error(&format!("error: {message}\n"));
            ExitCode::FAILURE
        }
    }
}

fn capabilities() -> ServerCapabilities {
    ServerCapabilities {
        text_document_sync: Some(TextDocumentSyncCapability::Kind(TextDocumentSyncKind::FULL)),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        definition_provider: Some(OneOf::Left(true)),
        references_provider: Some(OneOf::Left(true)),
        document_symbol_provider: Some(OneOf::Left(true)),
        ..ServerCapabilities::default()
    }
}

fn serve(connection: &Connection) -> Result<(), String> {
    let capabilities = serde_json::to_value(capabilities()).map_err(|error| error.to_string())?;
    connection
        .initialize(capabilities)
        .map_err(|error| error.to_string())?;
    let mut documents = HashMap::new();
    for message in &connection.receiver {
        match message {
            Message::Request(request) => {
                if connection
                    .handle_shutdown(&request)
                    .map_err(|error| error.to_string())?
                {
                    return Ok(());
                }
                let response = answer(&documents, request);
                connection
                    .sender
                    .send(Message::Response(response))
                    .map_err(|error| error.to_string())?;
            }
            Message::Notification(notification) => {
                if let Some(published) = notice(&mut documents, notification) {
                    let message = Notification::new(PublishDiagnostics::METHOD.to_owned(), published);
                    connection
                        .sender
                        .send(Message::Notification(message))
                        .map_err(|error| error.to_string())?;
                }
            }
            Message::Response(_) => {}
        }
    }
    Ok(())
}

/// By their addresses.
type Documents = HashMap<String, Document>;

/// Keeps the texts as the editor has them; gives what is to be published.
fn notice(documents: &mut Documents, notification: Notification) -> Option<PublishDiagnosticsParams> {
    let (uri, text, version) = match notification.method.as_str() {
        DidOpenTextDocument::METHOD => {
            let params: DidOpenTextDocumentParams = serde_json::from_value(notification.params).ok()?;
            let document = params.text_document;
            (document.uri, document.text, Some(document.version))
        }
        DidChangeTextDocument::METHOD => {
            let params: DidChangeTextDocumentParams = serde_json::from_value(notification.params).ok()?;
            // Texts come whole, so that the last change is all.
            let text = params.content_changes.into_iter().next_back()?.text;
            (params.text_document.uri, text, Some(params.text_document.version))
        }
        DidCloseTextDocument::METHOD => {
            let params: DidCloseTextDocumentParams = serde_json::from_value(notification.params).ok()?;
            documents.remove(params.text_document.uri.as_str());
            return Some(PublishDiagnosticsParams::new(
                params.text_document.uri,
                Vec::new(),
                None,
            ));
        }
        _ => return None,
    };
    let document = Document::new(uri.as_str(), text);
    let diagnostics = document.diagnostics(&uri);
    documents.insert(uri.as_str().to_owned(), document);
    Some(PublishDiagnosticsParams::new(uri, diagnostics, version))
}

fn answer(documents: &Documents, request: Request) -> Response {
    let Request { id, method, params } = request;
    match method.as_str() {
        HoverRequest::METHOD => with(id, params, |params: lsp_types::HoverParams| {
            let place = params.text_document_position_params;
            let document = documents.get(place.text_document.uri.as_str())?;
            let (value, range) = document.hover(place.position)?;
            Some(Hover {
                contents: HoverContents::Markup(MarkupContent {
                    kind: MarkupKind::Markdown,
                    value,
                }),
                range: Some(range),
            })
        }),
        GotoDefinition::METHOD => with(id, params, |params: lsp_types::GotoDefinitionParams| {
            let place = params.text_document_position_params;
            let range = documents
                .get(place.text_document.uri.as_str())?
                .definition(place.position)?;
            Some(GotoDefinitionResponse::Scalar(Location::new(
                place.text_document.uri,
                range,
            )))
        }),
        References::METHOD => with(id, params, |params: lsp_types::ReferenceParams| {
            let place = params.text_document_position;
            let document = documents.get(place.text_document.uri.as_str())?;
            let ranges = document.references(place.position, params.context.include_declaration);
            let locations = ranges
                .into_iter()
                .map(|range| Location::new(place.text_document.uri.clone(), range));
            Some(locations.collect::<Vec<_>>())
        }),
        DocumentSymbolRequest::METHOD => with(id, params, |params: lsp_types::DocumentSymbolParams| {
            let document = documents.get(params.text_document.uri.as_str())?;
            Some(DocumentSymbolResponse::Nested(document.symbols()))
        }),
        _ => Response::new_err(
            id,
            lsp_server::ErrorCode::MethodNotFound as i32,
            format!("tpuc-lsp does not know '{method}'"),
        ),
    }
}

/// Answers with what a function makes of the parameters; nothing to say is JSON's null.
fn with<P: DeserializeOwned, R: serde::Serialize>(
    id: RequestId,
    params: serde_json::Value,
    function: impl FnOnce(P) -> Option<R>,
) -> Response {
    match serde_json::from_value(params) {
        Ok(params) => Response::new_ok(id, function(params)),
        Err(error) => Response::new_err(id, lsp_server::ErrorCode::InvalidParams as i32, error.to_string()),
    }
}
